import { z } from 'zod';
import type { ShownWorkItem, WorkBacklog } from './rows.ts';
import { shownUrgency, urgencyJson } from '../values/priority.ts';
import { omitted, time } from '../http/json.ts';
import type { WorkKindRegistry } from './work-kinds.ts';
import { linkTo } from '../http/mount.ts';

/** A work item as JSON. */
export const workItemJson = z
  .strictObject({
    id: z.uuid(),
    kind: z.string(),
    payload: z.unknown(),
    status: z.enum(['pending', 'running', 'completed', 'dead']),
    attempts: z.int(),
    retryCount: z.int(),
    maximumAttempts: z.int().nullable().meta({ description: 'Null if this release does not know the kind.' }),
    notBefore: time,
    leaseExpiresAt: time.nullable().meta({
      description:
        'While the item is running: the time at which it becomes due again if its worker has died.',
    }),
    lastError: z.strictObject({ code: z.string(), message: z.string(), at: time.nullable() }).nullable(),
    dedupeKey: z.string().nullable(),
    ...urgencyJson,
    result: z.unknown(),
    omitted,
    createdAt: time,
    startedAt: time.nullable(),
    endedAt: time.nullable(),
    links: z.strictObject({ self: z.string() }),
  })
  .meta({ id: 'WorkItem' });

/** The backlog of a kind, as JSON. */
export const backlogJson = z
  .strictObject({
    kind: z.string(),
    known: z.boolean().meta({ description: 'False if this release has no handler for the kind.' }),
    pending: z.int(),
    running: z.int(),
    dead: z.int(),
    due: z.int().meta({ description: 'Items that can be claimed now.' }),
    oldestDueAgeMs: z.number().nullable(),
  })
  .meta({ id: 'WorkBacklog' });

/** Returns a work item as JSON. `maximumAttempts` is null for a kind that this release does not know. */
export function presentWorkItem(kinds: WorkKindRegistry, item: ShownWorkItem): z.output<typeof workItemJson> {
  return {
    id: item.id,
    kind: item.kind,
    payload: item.payload,
    status: item.status,
    attempts: item.attempts,
    retryCount: Math.max(0, item.attempts - 1),
    maximumAttempts: kinds.find(item.kind)?.policy.maximumAttempts ?? null,
    notBefore: item.notBefore.toISOString(),
    leaseExpiresAt: item.leaseExpiresAt?.toISOString() ?? null,
    lastError:
      item.lastErrorCode === null
        ? null
        : {
            code: item.lastErrorCode,
            message: item.lastErrorMessage ?? '',
            at: item.lastErrorAt?.toISOString() ?? null,
          },
    dedupeKey: item.dedupeKey,
    ...shownUrgency(item),
    result: item.result,
    omitted: [...(item.omitted ?? [])],
    createdAt: item.createdAt.toISOString(),
    startedAt: item.startedAt?.toISOString() ?? null,
    endedAt: item.endedAt?.toISOString() ?? null,
    links: { self: linkTo(`/api/work-items/${item.id}`) },
  };
}

/** Returns the backlog of a kind as JSON; `known` is false for a kind that this release has no definition of. */
export function presentBacklog(
  kinds: WorkKindRegistry,
  { kind, pending, running, dead, due, oldestDueAgeMs }: WorkBacklog,
): z.output<typeof backlogJson> {
  return { kind, known: kinds.find(kind) !== undefined, pending, running, dead, due, oldestDueAgeMs };
}
