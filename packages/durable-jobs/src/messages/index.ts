/** Message queues: consumers, publishing, dead letters. */
export { deadLetterDocs } from './docs.ts';
export { addOutgoingMessage } from './outgoing-messages.ts';
export { InvalidMessageError } from './read-message.ts';
