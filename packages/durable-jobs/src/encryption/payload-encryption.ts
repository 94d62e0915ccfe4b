import { fileURLToPath } from 'node:url';
import { createPayloadCodec, type CodecBehaviour, type JobPayloadCodec } from './payload-codec.ts';
import { readInClear } from './read-in-clear.ts';
import type { ClientEncryption } from '../engine/client.ts';
import type { EncryptionConfig } from '../config/payload-policy.ts';
import { createSubjectKeys, noSubjectKeys, type People } from './subject-keys.ts';

/** How a process encrypts what it gives to the engine, and decrypts what it gets from there. */
export interface PayloadEncryption extends ClientEncryption {
  codec: JobPayloadCodec;
}

/** Where the SDK finds what puts failures into payloads. */
export const failureConverterPath = fileURLToPath(new URL('failure-converter.cjs', import.meta.url));

/** What an API waits for a database that is away before a request fails. */
const CLIENT_WAIT_MS = 5_000;

/** For who reads histories and starts jobs: what can't be read, such as what belonged to a person who was erased, is shown as such. */
export function clientEncryption(
  config: EncryptionConfig,
  people: People | undefined,
): PayloadEncryption | undefined {
  return create(config, people, 'placeholder', CLIENT_WAIT_MS);
}

/** For workers: they can't work with what nobody can read, and wait for the keys for as long as the database is away. */
export function workerEncryption(config: EncryptionConfig, people: People): PayloadEncryption | undefined {
  return create(config, people, 'failure', Infinity);
}

function create(
  { PAYLOAD_KEYS: ring, PAYLOAD_ENCRYPTION: policy }: EncryptionConfig,
  people: People | undefined,
  unreadable: CodecBehaviour['unreadable'],
  encodeWaitMs: number,
): PayloadEncryption | undefined {
  if (!ring) return undefined;
  const subjectKeys = people ? createSubjectKeys({ ...people, ring }, { encodeWaitMs }) : noSubjectKeys;
  const codec = createPayloadCodec({ ring, subjectKeys }, { unreadable, policy });
  return {
    codec,
    dataConverter: { payloadCodecs: [codec], failureConverterPath },
    readInClear: (connection) => readInClear(connection, codec),
  };
}
