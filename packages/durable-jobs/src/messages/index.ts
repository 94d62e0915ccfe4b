/** Message queues: consumers, publishing, dead letters. */
export type { Broker } from './broker/broker.ts';
export { type BrokerSettings, createBroker } from './broker/create-broker.ts';
export { deadLetterDocs } from './docs.ts';
export { addOutgoingMessage } from './outgoing-messages.ts';
export { InvalidMessageError } from './read-message.ts';
