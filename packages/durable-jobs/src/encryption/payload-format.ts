import type { Payload } from '@temporalio/common';
import { formatPlace, parsePlace, type Place } from './place.ts';
import { open, seal } from './seal.ts';

/** Metadata names of an encrypted payload. The first two are those of the SDKs' own samples, which other tools know. */
const ENCODING = 'encoding';
const KEY_ID = 'encryption-key-id';
const PLACE = 'encryption-place';

/**
 * The two formats of an encrypted payload. In the older one, of builds before 0.2.0, only the key's id is authenticated; in the newer one,
 * all of the metadata above is, so that a payload can't be moved to another place.
 */
const encodings = { unbound: 'binary/encrypted', bound: 'binary/encrypted-v2' } as const;

/** A format of encrypted payloads. */
export type PayloadFormat = keyof typeof encodings;

/** The key that a payload is encrypted with, and the id by which the payload names it. */
interface NamedKey {
  id: string;
  key: Buffer;
}

/** Encrypts the bytes of a payload. */
export function encryptPayload(
  plaintext: Uint8Array,
  { id, key }: NamedKey,
  { format, place }: { format: PayloadFormat; place: Place | undefined },
): Payload {
  const metadata = {
    [ENCODING]: Buffer.from(encodings[format]),
    [KEY_ID]: Buffer.from(id),
    ...(format === 'bound' && { [PLACE]: Buffer.from(formatPlace(place)) }),
  };
  return { metadata, data: seal(key, plaintext, authenticatedData(metadata)) };
}

/**
 * Decrypts the output of {@link encryptPayload}, and returns the place that the payload names; none in the older format.
 * @throws if the key is another one, or a bit of data or metadata was changed.
 */
export function decryptPayload(payload: Payload, key: Buffer): { plaintext: Buffer; claimed: Place } {
  const plaintext = open(key, payload.data ?? new Uint8Array(), authenticatedData(payload.metadata ?? {}));
  const isBound = formatOf(payload) === 'bound';
  return { plaintext, claimed: isBound ? parsePlace(text(payload.metadata?.[PLACE])) : {} };
}

/** Returns the format of a payload; undefined if it is not encrypted. */
export function formatOf(payload: Payload): PayloadFormat | undefined {
  switch (text(payload.metadata?.[ENCODING])) {
    case encodings.bound:
      return 'bound';
    case encodings.unbound:
      return 'unbound';
    default:
      return undefined;
  }
}

/** Whether the codec encrypted a payload. */
export function isEncrypted(payload: Payload): boolean {
  return formatOf(payload) !== undefined;
}

/** Returns the id of the key that encrypts a payload; undefined if it is not encrypted. */
export function keyIdOf(payload: Payload): string | undefined {
  return isEncrypted(payload) ? text(payload.metadata?.[KEY_ID]) : undefined;
}

/** Each part of the metadata is preceded by its length, so that different metadata never produce the same bytes. */
function authenticatedData(metadata: NonNullable<Payload['metadata']>): Uint8Array {
  const keyId = Buffer.from(metadata[KEY_ID] ?? []);
  if (text(metadata[ENCODING]) === encodings.unbound) return keyId;
  return Buffer.concat(
    [metadata[ENCODING], keyId, metadata[PLACE]].flatMap((part) => {
      const bytes = Buffer.from(part ?? []);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

function text(bytes: Uint8Array | undefined | null): string {
  return bytes ? Buffer.from(bytes).toString('utf8') : '';
}
