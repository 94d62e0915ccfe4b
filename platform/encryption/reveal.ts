import { defaultPayloadConverter, type Payload, type PayloadCodec } from '@temporalio/common';
import { z } from 'zod';
import { isEncrypted } from './payload-codec.ts';

/** What the failure converter puts into a payload. */
const failureAttributes = z.object({ message: z.string(), stack_trace: z.string().catch('') });

/**
 * Decrypts, in place, every payload in an answer of the engine, and puts the messages of failures back where they are read
 * from. What the SDK hands on as it came, such as histories and pending activities, is then as if it had never been encrypted.
 */
export async function revealPayloads<T extends object>(answer: T, codec: PayloadCodec): Promise<T> {
  const payloads: Payload[] = [];
  const failures: Record<string, unknown>[] = [];
  collect(answer, payloads, failures);
  const decoded = await codec.decode(payloads);
  for (const [index, payload] of payloads.entries()) Object.assign(payload, decoded[index]);
  for (const failure of failures) {
    const attributes = defaultPayloadConverter.fromPayload<unknown>(failure.encodedAttributes as Payload);
    const known = failureAttributes.safeParse(attributes);
    failure.message = known.data?.message ?? String(attributes);
    failure.stackTrace = known.data?.stack_trace ?? '';
    failure.encodedAttributes = null;
  }
  return answer;
}

/** Every encrypted payload in an answer of the engine. */
export function encryptedPayloads(answer: unknown): Payload[] {
  const payloads: Payload[] = [];
  collect(answer, payloads, []);
  return payloads;
}

function collect(value: unknown, payloads: Payload[], failures: Record<string, unknown>[]): void {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  if (isPayload(value)) {
    if (isEncrypted(value)) payloads.push(value);
    return;
  }
  const fields = value as Record<string, unknown>;
  if (fields.encodedAttributes) failures.push(fields);
  for (const field of Object.values(fields)) collect(field, payloads, failures);
}

function isPayload(value: object): value is Payload {
  return (
    'data' in value && value.data instanceof Uint8Array && 'metadata' in value && isObject(value.metadata)
  );
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
