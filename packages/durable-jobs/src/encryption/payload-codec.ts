import {
  ApplicationFailure,
  defaultPayloadConverter,
  type Payload,
  type PayloadCodec,
} from '@temporalio/common';
import proto from '@temporalio/proto';
import { failureTypes } from '../engine/failure-types.ts';
import { libraryFailure } from '../engine/library-failure.ts';
import type { KeyRing } from '../values/key-ring.ts';
import { decryptPayload, encryptPayload, formatOf, isEncrypted, keyIdOf } from './payload-format.ts';
import { describePlace, isSamePlace, type Place } from './place.ts';
import type { PayloadPolicy } from '../config/payload-policy.ts';
import type { SubjectKeys } from './subject-keys.ts';

const { Payload: PayloadMessage } = proto.temporal.api.common.v1;

/** Prefix of the id of a person's key; ids of ring keys contain no colon. */
const SUBJECT = 'subject:';

/** The payload codec of this service. */
export interface JobPayloadCodec extends PayloadCodec {
  /** Encrypts payloads and binds each to its place. */
  encode: (payloads: Payload[], place?: Place) => Promise<Payload[]>;
  /** Decrypts payloads for processing, if the policy accepts them and they belong to the place where they were found. */
  decode: (payloads: Payload[], place?: Place) => Promise<Payload[]>;
  /**
   * Decrypts a payload in place for display, whatever the policy, unless it belongs to another place. `decode` still refuses payloads that
   * the policy does not accept or that were never encrypted.
   */
  reveal: (payload: Payload, place?: Place) => Promise<void>;
  /** Whether a payload is encrypted as this codec would encrypt it now, whatever the person's key. */
  isCurrent: (payload: Payload) => boolean;
}

/** How a codec handles payloads that it can't process. */
export interface CodecBehaviour {
  /**
   * The replacement of an unreadable payload. `placeholder`, for readers: the text `[erased]` if its key was destroyed, and `[unreadable
   * here]` if this process lacks the key or the payload is refused. `failure`, for workers.
   */
  unreadable: 'placeholder' | 'failure';
  policy: PayloadPolicy;
}

/** Replaces a payload that nobody can read any more. */
export const ERASED = '[erased]';

/** Replaces a payload whose key this process lacks, that was modified, or that is refused. */
export const UNREADABLE = '[unreadable here]';

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/**
 * Encrypts payloads with AES-256-GCM: those of a person's job with the person's key, all others with the ring's first key. Decryption
 * follows each payload's metadata, so older and mixed histories can be read and replayed, unless the policy refuses them.
 */
export function createPayloadCodec(
  { ring, subjectKeys }: { ring: KeyRing; subjectKeys: SubjectKeys },
  { unreadable, policy }: CodecBehaviour,
): JobPayloadCodec {
  const format = policy === 'unbound' ? 'unbound' : 'bound';
  /** Payloads that were revealed and may be processed: the SDK decodes parts of its plaintext input again. */
  const taken = new WeakSet<Payload>();

  const encode = async (payload: Payload, place: Place | undefined): Promise<Payload> => {
    const own = await subjectKeys.ofWorkflow(place?.workflowId);
    const key = own ? { id: SUBJECT + own.id, key: own.key } : ring.encrypting;
    return encryptPayload(PayloadMessage.encode(payload).finish(), key, { format, place });
  };

  const decode = async (payload: Payload, place: Place | undefined): Promise<Payload> => {
    if (taken.has(payload)) return payload;
    const refusal = refusalOf(payload, policy);
    if (refusal) throw refused(refusal);
    return isEncrypted(payload) ? decrypt(payload, place) : payload;
  };

  const decrypt = async (payload: Payload, place: Place | undefined): Promise<Payload> => {
    const keyId = keyIdOf(payload) ?? '';
    const key = keyId.startsWith(SUBJECT)
      ? await keyOfPerson(keyId.slice(SUBJECT.length))
      : (ring.find(keyId)?.key ?? missing(keyId));
    if (!key) {
      if (unreadable === 'placeholder') return defaultPayloadConverter.toPayload(ERASED);
      throw libraryFailure({
        message: 'the person that this payload belonged to was erased',
        type: failureTypes.subjectErased,
        nonRetryable: true,
      });
    }
    const { plaintext, claimed } = opened(payload, key, keyId);
    if (place && !isSamePlace(claimed, place)) {
      throw refused(`it belongs to ${describePlace(claimed)} but was found in ${describePlace(place)}`);
    }
    return PayloadMessage.decode(plaintext);
  };

  /** An id that is not valid was made up by the sender of the payload. */
  const keyOfPerson = (id: string): Promise<Buffer | undefined> =>
    UUID.test(id) ? subjectKeys.byId(id) : Promise.resolve(undefined);

  /** For readers, one unreadable payload must not hide all others of its page. */
  const read = async (reading: Promise<Payload>): Promise<Payload> => {
    try {
      return await reading;
    } catch (error) {
      if (unreadable === 'failure' || !isUnreadable(error)) throw error;
      return defaultPayloadConverter.toPayload(UNREADABLE);
    }
  };

  return {
    encode: (payloads, place) => Promise.all(payloads.map((payload) => encode(payload, place))),
    decode: (payloads, place) => Promise.all(payloads.map((payload) => read(decode(payload, place)))),
    reveal: async (payload, place) => {
      if (!isEncrypted(payload)) return;
      const isTaken = refusalOf(payload, policy) === undefined;
      Object.assign(payload, await read(decrypt(payload, place)));
      if (isTaken) taken.add(payload);
    },
    isCurrent: (payload) => {
      const keyId = keyIdOf(payload);
      const isKeyCurrent = keyId === ring.encrypting.id || (keyId?.startsWith(SUBJECT) ?? false);
      // During an upgrade, older processes must not rewrite what newer processes have written.
      return isKeyCurrent && (format === 'unbound' || formatOf(payload) === format);
    },
  };
}

/** Whether a process with these codecs would store a payload unchanged: encrypted with the current key, or in plaintext without one. */
export function isCurrent(codecs: readonly PayloadCodec[], payload: Payload): boolean {
  const own = codecs.find((codec): codec is JobPayloadCodec => 'isCurrent' in codec);
  return own ? own.isCurrent(payload) : !isEncrypted(payload);
}

/** Returns why a policy refuses a payload; undefined if it accepts it. */
function refusalOf(payload: Payload, policy: PayloadPolicy): string | undefined {
  if (policy === 'any' || policy === 'unbound') return undefined;
  const format = formatOf(payload);
  if (format === undefined) return `it is not encrypted, and PAYLOAD_ENCRYPTION is ${policy}`;
  if (format === 'unbound' && policy === 'bound')
    return 'it is encrypted without its place, and PAYLOAD_ENCRYPTION is bound';
  return undefined;
}

/** Not `nonRetryable`: after a change of the setting, or after the payload is restored, the job continues. */
function refused(reason: string): ApplicationFailure {
  return libraryFailure({
    message: `a payload was refused: ${reason}`,
    type: failureTypes.payloadRefused,
  });
}

function isUnreadable(error: unknown): boolean {
  return (
    error instanceof ApplicationFailure &&
    (error.type === failureTypes.payloadKeyMissing || error.type === failureTypes.payloadRefused)
  );
}

function opened(payload: Payload, key: Buffer, keyId: string): ReturnType<typeof decryptPayload> {
  try {
    return decryptPayload(payload, key);
  } catch (cause) {
    throw libraryFailure({
      message: `a payload cannot be decrypted: the key "${keyId}" of this process differs, or the payload was changed`,
      type: failureTypes.payloadKeyMissing,
      ...(cause instanceof Error && { cause }),
    });
  }
}

function missing(keyId: string): never {
  throw libraryFailure({
    message: `a payload is encrypted with the key "${keyId}", which PAYLOAD_KEYS of this process does not contain`,
    type: failureTypes.payloadKeyMissing,
  });
}
