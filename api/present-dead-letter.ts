import { isUtf8 } from 'node:buffer';
import type { DeadLetter, DeadLetterSummary } from '../platform/repositories/dead-letters.ts';

/** A dead letter as JSON, without its body. */
export function presentDeadLetter(letter: Omit<DeadLetterSummary, 'bytes'>) {
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

/** As {@link presentDeadLetter}, with the body: as text where it is some, else in base64. It may hold personal data. */
export function presentDeadLetterWithBody(letter: DeadLetter) {
  const encoding = isUtf8(letter.body) ? 'utf8' : 'base64';
  return { ...presentDeadLetter(letter), body: { encoding, content: letter.body.toString(encoding) } };
}
