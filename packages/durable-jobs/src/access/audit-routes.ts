import { z } from 'zod';
import { text } from '../values/text.ts';
import { auditPage } from './audit-page.ts';
import { listAuditEntries } from './audit-entries.ts';
import { auditOutcomes, presentAuditEntry } from './audit-json.ts';
import { presentPage, timePageQuery } from '../http/cursor.ts';
import { instant } from '../http/instant.ts';
import { Routes } from '../http/routing/routes.ts';
import { sendJsonOrPage } from '../http/pages.ts';
import { parseQuery } from '../http/validate.ts';
import type { Db } from '../database/connect.ts';

/** Query of the list. */
export const auditQuery = timePageQuery.extend({
  /** Id or name of a key. */
  who: text(500).optional(),
  /** An action such as `POST /api/jobs/:id/cancel`, or the id of the resource. */
  what: text(500).optional(),
  from: instant.optional(),
  to: instant.optional(),
  outcome: z.enum(auditOutcomes).optional(),
});

/** Dependencies of the routes of the audit trail. */
export interface AuditRoutesDeps {
  db: Db;
}

/** Routes of the audit trail: who did what, when and why, and how it ended. Any key may read it. */
export function auditRoutes(deps: AuditRoutesDeps): Routes {
  const routes = new Routes('/api/audit');
  routes.get('/', 'viewer', async (request, response) => {
    const { limit, cursor, ...filter } = parseQuery(request, auditQuery);
    const json = presentPage(
      await listAuditEntries(deps.db, filter, { limit, after: cursor }),
      presentAuditEntry,
    );
    sendJsonOrPage(request, response, {
      json,
      page: (query) => auditPage(query, json),
    });
  });
  return routes;
}
