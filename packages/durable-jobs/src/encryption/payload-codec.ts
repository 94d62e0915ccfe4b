import {
  ApplicationFailure,
  defaultPayloadConverter,
  type Payload,
  type PayloadCodec,
} from '@temporalio/common';
import proto from '@temporalio/proto';
import { failureTypes } from '../engine/failure-types.ts';
import type { KeyRing } from '../values/key-ring.ts';
import { decryptPayload, encryptPayload, formatOf, isEncrypted, keyIdOf } from './payload-format.ts';
import { describePlace, isSamePlace, type Place } from './place.ts';
import type { PayloadPolicy } from '../config/payload-policy.ts';
import type { SubjectKeys } from './subject-keys.ts';

const { Payload: PayloadMessage } = proto.temporal.api.common.v1;

/** Before the id of a person's key; a key of the ring has no colon in its id. */
const SUBJECT = 'subject:';

/** The codec of this service. */
export interface JobPayloadCodec extends PayloadCodec {
  /** Encrypts payloads, and binds each to its place. */
  encode: (payloads: Payload[], place?: Place) => Promise<Payload[]>;
  /** Decrypts payloads to work with, as far as the policy takes them and they belong where they were found. */
  decode: (payloads: Payload[], place?: Place) => Promise<Payload[]>;
  /**
   * Decrypts a payload in place, to be shown: whatever the policy, but not one that belongs elsewhere. Those that the policy
   * refuses, or that were never encrypted, are refused by `decode` all the same.
   */
  reveal: (payload: Payload, place?: Place) => Promise<void>;
  /** Whether a payload is encrypted as this codec would encrypt it now, whatever the person's key. */
  isCurrent: (payload: Payload) => boolean;
}

/** How the codec of a process behaves where it can't do what it should. */
export interface CodecBehaviour {
  /**
   * What a payload becomes that can't be read. `placeholder`, for who reads: the text `[erased]` where its key was destroyed, and
   * `[unreadable here]` where this process lacks the key, or the payload is refused. `failure`, for who works with it.
   */
  unreadable: 'placeholder' | 'failure';
  policy: PayloadPolicy;
}

/** What stands in place of a payload that nobody can read any more. */
export const ERASED = '[erased]';

/** What stands in place of one whose key this process does not have, which was changed, or which is refused. */
export const UNREADABLE = '[unreadable here]';

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/**
 * Encrypts payloads with AES-256-GCM: those of a person's job with the person's own key, all others with the ring's first. It
 * decrypts by what a payload says of itself, so that histories from before, and mixed ones, can be read and replayed, unless the
 * policy refuses them.
 */
export function createPayloadCodec(
  { ring, subjectKeys }: { ring: KeyRing; subjectKeys: SubjectKeys },
  { unreadable, policy }: CodecBehaviour,
): JobPayloadCodec {
  const format = policy === 'unbound' ? 'unbound' : 'bound';
  /** What was revealed, and may be worked with: the SDK decodes parts of what it is given in clear once more. */
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
      throw ApplicationFailure.create({
        message: 'the person whom this payload belonged to was erased',
        type: failureTypes.subjectErased,
        nonRetryable: true,
      });
    }
    const { plaintext, claimed } = opened(payload, key, keyId);
    if (place && !isSamePlace(claimed, place)) {
      throw refused(`it belongs to ${describePlace(claimed)} and was found in ${describePlace(place)}`);
    }
    return PayloadMessage.decode(plaintext);
  };

  /** An id that is none was made up by whoever sent the payload. */
  const keyOfPerson = (id: string): Promise<Buffer | undefined> =>
    UUID.test(id) ? subjectKeys.byId(id) : Promise.resolve(undefined);

  /** For who reads, one payload that can't be read must not hide all others of its page. */
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
      // An upgrade that is in progress must not write back what newer processes have written.
      return isKeyCurrent && (format === 'unbound' || formatOf(payload) === format);
    },
  };
}

/** Whether a process with these codecs would write a payload as it is: with its key, or plain where it has none. */
export function isCurrent(codecs: readonly PayloadCodec[], payload: Payload): boolean {
  const own = codecs.find((codec): codec is JobPayloadCodec => 'isCurrent' in codec);
  return own ? own.isCurrent(payload) : !isEncrypted(payload);
}

/** Why a policy refuses payloads of a kind; undefined if it takes them. */
function refusalOf(payload: Payload, policy: PayloadPolicy): string | undefined {
  if (policy === 'any' || policy === 'unbound') return undefined;
  const format = formatOf(payload);
  if (format === undefined) return `it is not encrypted, and PAYLOAD_ENCRYPTION is ${policy}`;
  if (format === 'unbound' && policy === 'bound')
    return 'it is encrypted without its place, and PAYLOAD_ENCRYPTION is bound';
  return undefined;
}

/** Not `nonRetryable`: another setting, or the payload put back, lets the job go on. */
function refused(reason: string): ApplicationFailure {
  return ApplicationFailure.create({
    message: `a payload is refused: ${reason}`,
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
    throw ApplicationFailure.create({
      message: `a payload can not be decrypted: its key "${keyId}" is another one here, or it was changed`,
      type: failureTypes.payloadKeyMissing,
      ...(cause instanceof Error && { cause }),
    });
  }
}

function missing(keyId: string): never {
  throw ApplicationFailure.create({
    message: `a payload is encrypted with the key "${keyId}", which PAYLOAD_KEYS of this process does not have`,
    type: failureTypes.payloadKeyMissing,
  });
}
