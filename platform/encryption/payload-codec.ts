import {
  ApplicationFailure,
  defaultPayloadConverter,
  type Payload,
  type PayloadCodec,
} from '@temporalio/common';
import type { SerializationContext } from '@temporalio/common';
import proto from '@temporalio/proto';
import { failureTypes } from '../../contracts/errors.ts';
import type { KeyRing } from './key-ring.ts';
import { open, seal } from './seal.ts';
import type { SubjectKeys } from './subject-keys.ts';

const { Payload: PayloadMessage } = proto.temporal.api.common.v1;

/** Metadata of an encrypted payload. The names are those of the SDKs' own samples, which other tools know. */
const ENCODING = 'encoding';
const KEY_ID = 'encryption-key-id';
const ENCRYPTED = 'binary/encrypted';
/** Before the id of a person's key; a key of the ring has no colon in its id. */
const SUBJECT = 'subject:';

/** The codec of this service. */
export interface JobPayloadCodec extends PayloadCodec {
  /** Whether a payload is encrypted as this codec would encrypt it now, whatever the person's key. */
  isCurrent: (payload: Payload) => boolean;
}

/** How the codec of a process behaves where it can't do what it should. */
export interface CodecBehaviour {
  /**
   * What a payload becomes whose key was destroyed. `placeholder`, for who reads: the text `[erased]`, and `[unreadable here]`
   * where this process lacks the key. `failure`, for who works with it.
   */
  erased: 'placeholder' | 'failure';
}

/** What stands in place of a payload that nobody can read any more. */
export const ERASED = '[erased]';

/** What stands in place of one whose key this process does not have, or which was changed. */
export const UNREADABLE = '[unreadable here]';

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/**
 * Encrypts payloads with AES-256-GCM: those of a person's job with the person's own key, all others with the ring's first. It
 * decrypts by what a payload says of itself, and lets through what is not encrypted, so that histories from before, and
 * mixed ones, can be read and replayed.
 */
export function createPayloadCodec(
  { ring, subjectKeys }: { ring: KeyRing; subjectKeys: SubjectKeys },
  { erased }: CodecBehaviour,
): JobPayloadCodec {
  const encode = async (payload: Payload, context: SerializationContext | undefined): Promise<Payload> => {
    const own = await subjectKeys.ofWorkflow(context?.workflowId);
    const keyId = own ? SUBJECT + own.id : ring.encrypting.id;
    const plaintext = PayloadMessage.encode(payload).finish();
    return {
      metadata: { [ENCODING]: Buffer.from(ENCRYPTED), [KEY_ID]: Buffer.from(keyId) },
      data: seal(own?.key ?? ring.encrypting.key, plaintext, keyId),
    };
  };

  const decode = async (payload: Payload): Promise<Payload> => {
    if (!isEncrypted(payload)) return payload;
    const keyId = text(payload.metadata?.[KEY_ID]);
    const key = keyId.startsWith(SUBJECT)
      ? await keyOfPerson(keyId.slice(SUBJECT.length))
      : (ring.find(keyId)?.key ?? missing(keyId));
    if (!key) {
      if (erased === 'placeholder') return defaultPayloadConverter.toPayload(ERASED);
      throw ApplicationFailure.create({
        message: 'the person whom this payload belonged to was erased',
        type: failureTypes.subjectErased,
        nonRetryable: true,
      });
    }
    return PayloadMessage.decode(opened(key, payload, keyId));
  };

  /** An id that is none was made up by whoever sent the payload. */
  const keyOfPerson = (id: string): Promise<Buffer | undefined> =>
    UUID.test(id) ? subjectKeys.byId(id) : Promise.resolve(undefined);

  /** For who reads, one payload that can't be read must not hide all others of its page. */
  const reveal = async (payload: Payload): Promise<Payload> => {
    try {
      return await decode(payload);
    } catch (error) {
      if (!(error instanceof ApplicationFailure) || error.type !== failureTypes.payloadKeyMissing)
        throw error;
      return defaultPayloadConverter.toPayload(UNREADABLE);
    }
  };

  return {
    encode: (payloads, context) => Promise.all(payloads.map((payload) => encode(payload, context))),
    decode: (payloads) => Promise.all(payloads.map(erased === 'placeholder' ? reveal : decode)),
    isCurrent: (payload) => {
      const keyId = keyIdOf(payload);
      return keyId === ring.encrypting.id || (keyId?.startsWith(SUBJECT) ?? false);
    },
  };
}

/** The id of the key that a payload is encrypted with; undefined where it is not encrypted. */
export function keyIdOf(payload: Payload): string | undefined {
  return isEncrypted(payload) ? text(payload.metadata?.[KEY_ID]) : undefined;
}

/** Whether a process with these codecs would write a payload as it is: with its key, or plain where it has none. */
export function isCurrent(codecs: readonly PayloadCodec[], payload: Payload): boolean {
  const own = codecs.find((codec): codec is JobPayloadCodec => 'isCurrent' in codec);
  return own ? own.isCurrent(payload) : !isEncrypted(payload);
}

/** Whether a payload is one that the codec made. */
export function isEncrypted(payload: Payload): boolean {
  return text(payload.metadata?.[ENCODING]) === ENCRYPTED;
}

function opened(key: Buffer, payload: Payload, keyId: string): Buffer {
  try {
    return open(key, payload.data ?? new Uint8Array(), keyId);
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

function text(bytes: Uint8Array | undefined | null): string {
  return bytes ? Buffer.from(bytes).toString('utf8') : '';
}
