import type { z } from 'zod';
import { idParams, jsonOrPage, pageJson, type ResourceDocs, timePageQuery } from 'durable-jobs/http';
import { findingJson } from './finding-json.ts';
import { findingsQuery } from './finding-routes.ts';
import { reconciliationJson, type ReconciliationView } from './json.ts';
import { exampleIds } from '../../contracts/example-ids.ts';

const runExample: ReconciliationView = {
  id: exampleIds.reconciliation,
  status: 'completed',
  windowStart: '2026-02-27T09:00:00.000Z',
  startedAt: '2026-03-02T09:00:00.000Z',
  endedAt: '2026-03-02T09:00:04.000Z',
  read: { payments: 120, refunds: 3, orders: 118 },
  result: { found: 1, repaired: 1, resolved: 0, open: 0 },
  jobId: 'sync-payments:hourly-sync-2026-03-02T09:00:00Z',
  links: {
    self: `/api/reconciliations/${exampleIds.reconciliation}`,
    job: '/api/jobs/sync-payments:hourly-sync-2026-03-02T09:00:00Z',
  },
};

const findingExample: z.output<typeof findingJson> = {
  id: exampleIds.finding,
  source: 'payments',
  kind: 'payment_without_order',
  subject: 'pi_3Q8zVt2eZvKYlo2C',
  status: 'open',
  repair: null,
  omitted: [],
  details: { amountMinor: 2598, currency: 'eur' },
  firstSeenAt: '2026-03-02T09:00:03.000Z',
  lastSeenAt: '2026-03-02T09:00:03.000Z',
  resolvedAt: null,
  links: { order: null },
};

/** API description of reconciliations and findings. */
export const reconciliationDocs: ResourceDocs = {
  name: 'Reconciliations',
  description: 'Comparisons with the payment provider, and the findings of reconciliation and maintenance.',
  routes: {
    'GET /api/reconciliations': {
      id: 'listReconciliations',
      summary: 'List the reconciliations, newest first',
      query: timePageQuery,
      answers: {
        200: jsonOrPage('A page of runs.', pageJson(reconciliationJson), {
          items: [runExample],
          nextCursor: null,
        }),
      },
    },
    'GET /api/reconciliations/:id': {
      id: 'getReconciliation',
      summary: 'Read a reconciliation with its findings',
      params: idParams,
      query: timePageQuery,
      answers: {
        200: jsonOrPage(
          'The run, with a page of its findings.',
          reconciliationJson
            .extend({ findings: pageJson(findingJson) })
            .meta({ id: 'ReconciliationWithFindings' }),
          { ...runExample, findings: { items: [findingExample], nextCursor: null } },
        ),
      },
      problems: ['notFound'],
    },
    'GET /api/findings': {
      id: 'listFindings',
      summary: 'List the findings, newest first',
      query: findingsQuery,
      answers: {
        200: jsonOrPage('A page of findings.', pageJson(findingJson), {
          items: [findingExample],
          nextCursor: null,
        }),
      },
    },
  },
};
