/** Message queues: consumers, publishing, dead letters. */
export { deadLettersQuery } from './dead-letter-routes.ts';
export { deadLetterInListJson, deadLetterJson, deadLetterWithBodyJson } from './json.ts';
export { addOutgoingMessage } from './outgoing-messages.ts';
export { InvalidMessageError } from './read-message.ts';
export { discardBody } from './schemas.ts';
