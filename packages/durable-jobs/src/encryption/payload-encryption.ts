import { fileURLToPath } from 'node:url';
import { createPayloadCodec, type CodecBehaviour, type JobPayloadCodec } from './payload-codec.ts';
import { readInClear } from './read-in-clear.ts';
import type { ClientEncryption } from '../engine/client.ts';
import type { Db } from '../database/connect.ts';
import type { EncryptionConfig } from '../config/payload-policy.ts';
import { createSubjectKeys, noSubjectKeys, type People } from './subject-keys.ts';

/** How a process encrypts what it sends to the engine, and decrypts what it receives. */
export interface PayloadEncryption extends ClientEncryption {
  codec: JobPayloadCodec;
}

/** Path of the SDK's failure converter. */
export const failureConverterPath = fileURLToPath(new URL('failure-converter.cjs', import.meta.url));

/** Time that an API waits for an unavailable database before a request fails. */
const CLIENT_WAIT_MS = 5_000;

/**
 * Encryption for processes that read histories and start jobs: unreadable payloads, such as those of an erased person, are shown as
 * placeholders.
 */
export function clientEncryption(
  config: EncryptionConfig,
  people: People | undefined,
): PayloadEncryption | undefined {
  return create(config, people, 'placeholder', CLIENT_WAIT_MS);
}

/** Encryption for workers: they fail on unreadable payloads, and wait for keys as long as the database is unavailable. */
export function workerEncryption(config: EncryptionConfig, people: People): PayloadEncryption | undefined {
  return create(config, people, 'failure', Infinity);
}

/** Encryption for replays, which only read: they fail on unreadable payloads. Without a database, those of people are unreadable. */
export function replayEncryption(
  config: EncryptionConfig,
  db: Db | undefined,
): PayloadEncryption | undefined {
  const people = db && { db, subjectOf: () => Promise.resolve(undefined) };
  return create(config, people, 'failure', CLIENT_WAIT_MS);
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
