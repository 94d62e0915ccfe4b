import { isWorkKind, workKinds } from '../contracts/work-items.ts';
import type { WorkBacklog, WorkItem } from '../platform/repositories/work-items.ts';

/** A work item as JSON. `maximumAttempts` is null for a kind that this release does not know. */
export function presentWorkItem(item: WorkItem) {
  return {
    id: item.id,
    kind: item.kind,
    payload: item.payload,
    status: item.status,
    attempts: item.attempts,
    retryCount: Math.max(0, item.attempts - 1),
    maximumAttempts: isWorkKind(item.kind) ? workKinds[item.kind].policy.maximumAttempts : null,
    notBefore: item.not_before.toISOString(),
    leaseExpiresAt: item.lease_expires_at?.toISOString() ?? null,
    lastError:
      item.last_error_code === null
        ? null
        : {
            code: item.last_error_code,
            message: item.last_error_message ?? '',
            at: item.last_error_at?.toISOString() ?? null,
          },
    dedupeKey: item.dedupe_key,
    result: item.result,
    createdAt: item.created_at.toISOString(),
    startedAt: item.started_at?.toISOString() ?? null,
    endedAt: item.ended_at?.toISOString() ?? null,
    links: { self: `/api/work-items/${item.id}` },
  };
}

/** What there is to do of a kind, as JSON; `known` is false for a kind that this release has no handler for. */
export function presentBacklog({ kind, pending, running, dead, due, oldestDueAgeMs }: WorkBacklog) {
  return { kind, known: isWorkKind(kind), pending, running, dead, due, oldestDueAgeMs };
}
