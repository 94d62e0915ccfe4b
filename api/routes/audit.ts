import { z } from 'zod';
import { listAuditEntries, type AuditEntry } from '../../platform/repositories/audit-entries.ts';
import { presentPage, timePageQuery } from '../cursor.ts';
import type { AppDeps } from '../deps.ts';
import { time as isoTime } from '../json.ts';
import { Routes } from '../routing/routes.ts';
import { parseQuery } from '../validate.ts';

const text = z
  .string()
  .min(1)
  .max(500)
  .refine((value) => !value.includes('\0'), 'must not contain a NUL character');
const outcomes = ['done', 'refused', 'failed', 'unknown'] as const;
const time = z.iso.datetime({ offset: true }).transform((value) => new Date(value));

/** The query of the list. */
export const auditQuery = timePageQuery.extend({
  /** Id or name of a key. */
  who: text.optional(),
  /** An action such as `POST /api/orders/:id/cancel`, or the id of what was acted on. */
  what: text.optional(),
  from: time.optional(),
  to: time.optional(),
  outcome: z.enum(outcomes).optional(),
});

/** An entry as JSON. */
export const auditEntryJson = z
  .strictObject({
    id: z.uuid(),
    at: isoTime,
    who: z.strictObject({ id: z.string(), name: z.string() }),
    action: z.string().nullable().meta({ description: 'Method and route, or a command.' }),
    target: z.string().meta({ description: 'The path that was asked for.' }),
    params: z.record(z.string(), z.string()),
    reason: z.string().nullable(),
    outcome: z.enum(outcomes).meta({ description: '`unknown`: under way, or its process died.' }),
    status: z.int().nullable(),
    code: z.string().nullable(),
    endedAt: isoTime.nullable(),
    requestId: z.string().nullable(),
  })
  .meta({ id: 'AuditEntry' });

/** The audit trail: who did what, when and why, and how it ended. Whoever has a key may read it. */
export function auditRoutes(deps: AppDeps): Routes {
  const routes = new Routes('/api/audit');
  routes.get('/', 'viewer', async (request, response) => {
    const { limit, cursor, ...filter } = parseQuery(request, auditQuery);
    response.json(presentPage(await listAuditEntries(deps.db, filter, { limit, after: cursor }), present));
  });
  return routes;
}

function present(entry: AuditEntry): z.output<typeof auditEntryJson> {
  return {
    id: entry.id,
    at: entry.at.toISOString(),
    who: { id: entry.actor_id, name: entry.actor_name },
    action: entry.action,
    target: entry.target,
    params: entry.params,
    reason: entry.reason,
    outcome: entry.outcome ?? 'unknown',
    status: entry.status,
    code: entry.problem_code,
    endedAt: entry.ended_at?.toISOString() ?? null,
    requestId: entry.request_id,
  };
}
