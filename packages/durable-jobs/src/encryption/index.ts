/** Encryption of what the engine stores. */
export { checkPayloadKeys } from './check-keys.ts';
export { codecDocs } from './codec-docs.ts';
export { clientEncryption } from './payload-encryption.ts';
export { destroySubjectKeys } from './subject-key-rows.ts';
