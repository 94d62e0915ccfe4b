import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { z } from 'zod';
import type { JobPayloadCodec } from './payload-codec.ts';
import { isEncrypted } from './payload-format.ts';
import { placeWithin } from './place-in-answer.ts';
import type { Place } from './place.ts';

/** What the failure converter moves into a payload. */
const failureAttributes = z.object({ message: z.string(), stack_trace: z.string().catch('') });

/** Encrypted payloads, each with the place where it was found. */
type Found = { payload: Payload; place: Place }[];

/**
 * Decrypts, in place, every payload in an engine's response about the workflow `about`, and restores the messages of failures. Data that
 * the SDK passes on unchanged, such as histories and pending activities, then looks as if it had never been encrypted.
 */
export async function revealPayloads<T extends object>(
  answer: T,
  codec: Pick<JobPayloadCodec, 'reveal'>,
  about: Place,
): Promise<T> {
  const found: Found = [];
  const failures: Record<string, unknown>[] = [];
  collect(answer, about, found, failures);
  await Promise.all(found.map(({ payload, place }) => codec.reveal(payload, place)));
  for (const failure of failures) {
    const attributes = defaultPayloadConverter.fromPayload<unknown>(failure.encodedAttributes as Payload);
    const known = failureAttributes.safeParse(attributes);
    failure.message = known.data?.message ?? String(attributes);
    failure.stackTrace = known.data?.stack_trace ?? '';
    failure.encodedAttributes = null;
  }
  return answer;
}

/** Returns every encrypted payload in an engine's response. */
export function encryptedPayloads(answer: unknown): Payload[] {
  const found: Found = [];
  collect(answer, {}, found, []);
  return found.map(({ payload }) => payload);
}

function collect(value: unknown, outer: Place, found: Found, failures: Record<string, unknown>[]): void {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  if (isPayload(value)) {
    if (isEncrypted(value)) found.push({ payload: value, place: outer });
    return;
  }
  const fields = value as Record<string, unknown>;
  if (fields.encodedAttributes) failures.push(fields);
  const place = placeWithin(fields, outer);
  for (const field of Object.values(fields)) collect(field, place, found, failures);
}

function isPayload(value: object): value is Payload {
  return (
    'data' in value && value.data instanceof Uint8Array && 'metadata' in value && isObject(value.metadata)
  );
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
