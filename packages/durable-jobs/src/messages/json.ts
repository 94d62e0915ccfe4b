import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import type { DeadLetter, DeadLetterWithBody } from './dead-letters.ts';
import { errorJson, omitted, time } from '../http/json.ts';
import { linkTo } from '../http/mount.ts';

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
      .nullable()
      .meta({ description: 'Application properties of the message.' }),
    times: z
      .int()
      .meta({ description: 'How often the same message arrived while this dead letter was open.' }),
    firstSeenAt: time,
    lastSeenAt: time,
    resolvedAt: time.nullable(),
    discardReason: z.string().nullable(),
    omitted,
    links: z.strictObject({ self: z.string() }),
  })
  .meta({ id: 'DeadLetter' });

/** The same as {@link deadLetterJson}, with the size of the body. */
export const deadLetterInListJson = deadLetterJson
  .extend({ bytes: z.int().meta({ description: 'The size of the body.' }) })
  .meta({ id: 'DeadLetterInList' });

/** The same as {@link deadLetterJson}, with the body, which may contain personal data. */
export const deadLetterWithBodyJson = deadLetterJson
  .extend({
    body: z.strictObject({ encoding: z.enum(['utf8', 'base64']), content: z.string() }).nullable(),
  })
  .meta({ id: 'DeadLetterWithBody' });

/** Returns a dead letter as {@link deadLetterJson}. */
export function presentDeadLetter(letter: DeadLetter): z.output<typeof deadLetterJson> {
  return {
    id: letter.id,
    queue: letter.queue,
    status: letter.status,
    reason: { code: letter.reasonCode, message: letter.reason },
    messageId: letter.messageId,
    correlationId: letter.correlationId,
    contentType: letter.contentType,
    properties: letter.properties,
    times: letter.times,
    firstSeenAt: letter.firstSeenAt.toISOString(),
    lastSeenAt: letter.lastSeenAt.toISOString(),
    resolvedAt: letter.resolvedAt?.toISOString() ?? null,
    discardReason: letter.discardReason,
    omitted: letter.omitted,
    links: { self: linkTo(`/api/dead-letters/${letter.id}`) },
  };
}

/** Returns a dead letter as {@link deadLetterInListJson}. */
export function presentDeadLetterInList(letter: DeadLetter): z.output<typeof deadLetterInListJson> {
  return { ...presentDeadLetter(letter), bytes: letter.bytes };
}

/** Returns a dead letter as {@link deadLetterWithBodyJson}, with its body as text if it is UTF-8, otherwise as base64. */
export function presentDeadLetterWithBody(
  letter: DeadLetterWithBody,
): z.output<typeof deadLetterWithBodyJson> {
  const { body } = letter;
  const encoding = body && isUtf8(body) ? 'utf8' : 'base64';
  return {
    ...presentDeadLetter(letter),
    body: body && { encoding, content: body.toString(encoding) },
  };
}
