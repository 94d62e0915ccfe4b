import { z } from 'zod';
import { text } from '../values/text.ts';
import { listAuditEntries, type AuditEntry } from './audit-entries.ts';
import { presentPage, timePageQuery } from '../http/cursor.ts';
import { instant } from '../http/instant.ts';
import { time } from '../http/json.ts';
import { Routes } from '../http/routing/routes.ts';
import { parseQuery } from '../http/validate.ts';
import type { Db } from '../database/connect.ts';

const outcomes = ['done', 'refused', 'failed', 'unknown'] as const;

/** Query of the list. */
export const auditQuery = timePageQuery.extend({
  /** Id or name of a key. */
  who: text(500).optional(),
  /** An action such as `POST /api/jobs/:id/cancel`, or the id of the resource. */
  what: text(500).optional(),
  from: instant.optional(),
  to: instant.optional(),
  outcome: z.enum(outcomes).optional(),
});

/** An entry as JSON. */
export const auditEntryJson = z
  .strictObject({
    id: z.uuid(),
    at: time,
    who: z.strictObject({ id: z.string(), name: z.string() }),
    action: z.string().nullable().meta({ description: 'The method and route, or a command.' }),
    target: z.string().meta({ description: 'The requested path.' }),
    params: z.record(z.string(), z.string()),
    reason: z.string().nullable(),
    outcome: z.enum(outcomes).meta({ description: '`unknown`: in progress, or its process died.' }),
    status: z.int().nullable(),
    code: z.string().nullable(),
    endedAt: time.nullable(),
    requestId: z.string().nullable(),
  })
  .meta({ id: 'AuditEntry' });

/** Dependencies of the routes of the audit trail. */
export interface AuditRoutesDeps {
  db: Db;
}

/** Routes of the audit trail: who did what, when and why, and how it ended. Any key may read it. */
export function auditRoutes(deps: AuditRoutesDeps): Routes {
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
    who: { id: entry.actorId, name: entry.actorName },
    action: entry.action,
    target: entry.target,
    params: entry.params,
    reason: entry.reason,
    outcome: entry.outcome ?? 'unknown',
    status: entry.status,
    code: entry.problemCode,
    endedAt: entry.endedAt?.toISOString() ?? null,
    requestId: entry.requestId,
  };
}
