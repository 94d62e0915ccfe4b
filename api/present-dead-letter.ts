import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import type { DeadLetter, DeadLetterSummary } from '../platform/repositories/dead-letters.ts';
import { errorJson, time } from './json.ts';

/** A dead letter as JSON, without its body. */
export const deadLetterJson = z
  .strictObject({
    id: z.uuid(),
    queue: z.string(),
    status: z.enum(['open', 'requeued', 'discarded']),
    reason: errorJson,
    messageId: z.string().nullable(),
    correlationId: z.string().nullable(),
    contentType: z.string().nullable(),
    properties: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .meta({ description: 'Application properties of the message.' }),
    times: z.int().meta({ description: 'How often the same message arrived while this was open.' }),
    firstSeenAt: time,
    lastSeenAt: time,
    resolvedAt: time.nullable(),
    discardReason: z.string().nullable(),
    links: z.strictObject({ self: z.string() }),
  })
  .meta({ id: 'DeadLetter' });

/** As {@link deadLetterJson}, with how long its body is. */
export const deadLetterInListJson = deadLetterJson
  .extend({ bytes: z.int().meta({ description: 'Of its body.' }) })
  .meta({ id: 'DeadLetterInList' });

/** As {@link deadLetterJson}, with its body, which may hold personal data. */
export const deadLetterWithBodyJson = deadLetterJson
  .extend({
    body: z.strictObject({ encoding: z.enum(['utf8', 'base64']), content: z.string() }),
  })
  .meta({ id: 'DeadLetterWithBody' });

/** A dead letter as {@link deadLetterJson}. */
export function presentDeadLetter(letter: Omit<DeadLetter, 'body'>): z.output<typeof deadLetterJson> {
  return {
    id: letter.id,
    queue: letter.queue,
    status: letter.status,
    reason: { code: letter.reason_code, message: letter.reason },
    messageId: letter.message_id,
    correlationId: letter.correlation_id,
    contentType: letter.content_type,
    properties: letter.properties,
    times: letter.times,
    firstSeenAt: letter.first_seen_at.toISOString(),
    lastSeenAt: letter.last_seen_at.toISOString(),
    resolvedAt: letter.resolved_at?.toISOString() ?? null,
    discardReason: letter.discard_reason,
    links: { self: `/api/dead-letters/${letter.id}` },
  };
}

/** A dead letter as {@link deadLetterInListJson}. */
export function presentDeadLetterInList(letter: DeadLetterSummary): z.output<typeof deadLetterInListJson> {
  return { ...presentDeadLetter(letter), bytes: letter.bytes };
}

/** A dead letter as {@link deadLetterWithBodyJson}: text where its body is some, else base64. */
export function presentDeadLetterWithBody(letter: DeadLetter): z.output<typeof deadLetterWithBodyJson> {
  const encoding = isUtf8(letter.body) ? 'utf8' : 'base64';
  return { ...presentDeadLetter(letter), body: { encoding, content: letter.body.toString(encoding) } };
}
