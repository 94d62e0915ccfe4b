import type { z } from 'zod';
import { pageJson } from '../http/json.ts';
import { auditEntryJson } from './audit-json.ts';
import { auditQuery } from './audit-routes.ts';
import { jsonOrPage, type ResourceDocs } from '../http/openapi/describe.ts';

const jobId = 'send-reminder:4711';

const example: z.output<typeof auditEntryJson> = {
  id: '4b1d3c5e-8f0a-4c6b-9d2e-7a1f0b3c5d8e',
  at: '2026-03-02T09:00:03.000Z',
  who: { id: '5f0c2f1e6c1b', name: 'Ada' },
  action: 'POST /api/jobs/:id/cancel',
  target: `/api/jobs/${jobId}/cancel`,
  params: { id: jobId },
  reason: 'It is no longer needed.',
  outcome: 'done',
  status: 202,
  code: null,
  endedAt: '2026-03-02T09:00:04.000Z',
  requestId: '0d7d3c2b-1a90-4d5e-9a43-5f0c2f1e6c1b',
};

/** API description of the audit trail. */
export const auditDocs: ResourceDocs = {
  name: 'Audit trail',
  description: 'Who did what, when, why, and with which outcome.',
  routes: {
    'GET /api/audit': {
      id: 'listAuditEntries',
      summary: 'List the audit entries, newest first',
      description:
        '`who` is the id or the name of a key. `what` is an action, a path, or the id of the resource. An entry is written before its action is executed.',
      query: auditQuery,
      answers: {
        200: jsonOrPage('A page of entries.', pageJson(auditEntryJson), {
          items: [example],
          nextCursor: null,
        }),
      },
    },
  },
};
