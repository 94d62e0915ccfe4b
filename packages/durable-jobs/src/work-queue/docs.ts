import { z } from 'zod';
import { processBulkId } from '../bulk/process-bulk.ts';
import { pageJson } from '../http/json.ts';
import { backlogJson, workItemJson } from './json.ts';
import { workItemsQuery } from './routes.ts';
import { createWorkItemBody, requeueWorkItemsBody } from './schemas.ts';
import type { WorkKindRegistry } from './work-kinds.ts';
import { idParams } from '../http/schemas.ts';
import { empty, json, jsonBody, jsonOrPage, type ResourceDocs } from '../http/openapi/describe.ts';
import { exampleIds, exampleOf } from '../http/openapi/examples.ts';

const id = exampleIds.workItem;

/** The kind of work that the examples are about. */
interface ExampleWork {
  kind: string;
  /** Absent if its schema has no example. */
  payload?: object;
}

/** Returns the first kind of work whose payload has an example, otherwise the first kind. */
function exampleWork({ all }: WorkKindRegistry): ExampleWork {
  for (const { kind, payload } of all) {
    const example = exampleOf(payload);
    if (example !== undefined) return { kind, payload: example as object };
  }
  return { kind: all[0]?.kind ?? 'send-reminder' };
}

const dedupeKey = 'request-4711';

const pendingOf = ({ kind, payload = {} }: ExampleWork): z.output<typeof workItemJson> => ({
  id,
  kind,
  payload: { ...payload },
  status: 'pending',
  attempts: 0,
  retryCount: 0,
  maximumAttempts: 5,
  notBefore: '2026-03-02T09:15:00.000Z',
  leaseExpiresAt: null,
  lastError: null,
  dedupeKey,
  priority: 3,
  fairness: null,
  result: null,
  omitted: [],
  createdAt: '2026-03-02T09:15:00.000Z',
  startedAt: null,
  endedAt: null,
  links: { self: `/api/work-items/${id}` },
});

const deadOf = (work: ExampleWork): z.output<typeof workItemJson> => ({
  ...pendingOf(work),
  status: 'dead',
  attempts: 5,
  retryCount: 4,
  lastError: {
    code: 'not_found',
    message: 'The row that the item names does not exist.',
    at: '2026-03-02T09:18:05.000Z',
  },
  startedAt: '2026-03-02T09:18:05.000Z',
  endedAt: '2026-03-02T09:18:05.000Z',
});

/** API description of the work queue. */
export const workItemDocs = (kinds: WorkKindRegistry): ResourceDocs => {
  const work = exampleWork(kinds);
  const { kind, payload } = work;
  const pending = pendingOf(work);
  const dead = deadOf(work);
  return {
    name: 'Work queue',
    description:
      'Work items of several kinds. Workers claim and process them, and retry them according to the policy of their kind; after the last attempt they are dead.',
    routes: {
      'POST /api/work-items': {
        id: 'enqueueWork',
        summary: 'Enqueue a work item',
        description: 'A repeat with the same `dedupeKey` and payload returns the first item with 200.',
        body: jsonBody(createWorkItemBody(kinds), payload && { kind, payload, dedupeKey }),
        answers: {
          200: json('An item with this key already exists.', workItemJson, pending, {
            Location: 'The item.',
          }),
          201: json('The item is enqueued.', workItemJson, pending, { Location: 'The item.' }),
        },
        problems: ['dedupeKeyReused'],
      },
      'GET /api/work-items': {
        id: 'listWorkItems',
        summary: 'List the work items, newest first',
        query: workItemsQuery,
        answers: {
          200: jsonOrPage('A page of items.', pageJson(workItemJson), { items: [dead], nextCursor: null }),
        },
      },
      'GET /api/work-items/summary': {
        id: 'summariseWork',
        summary: 'Count the work items by kind',
        answers: {
          200: json('The counts of each kind.', z.strictObject({ items: z.array(backlogJson) }), {
            items: [
              {
                kind,
                known: true,
                pending: 12,
                running: 4,
                dead: 1,
                due: 12,
                oldestDueAgeMs: 1840,
              },
            ],
          }),
        },
      },
      'POST /api/work-items/requeue': {
        id: 'requeueDeadWork',
        summary: 'Requeue all dead items of a kind',
        description: 'Starts a bulk job, whose progress you can follow.',
        body: jsonBody(requeueWorkItemsBody(kinds), kinds.find(kind) && { kind }),
        answers: {
          202: json(
            'The bulk job is queued.',
            z.strictObject({ id: z.uuid(), jobId: z.string(), status: z.literal('queued'), total: z.int() }),
            {
              id: exampleIds.bulkJob,
              jobId: processBulkId(exampleIds.bulkJob),
              status: 'queued',
              total: 1,
            },
            { Location: 'The bulk job.' },
          ),
        },
      },
      'GET /api/work-items/:id': {
        id: 'getWorkItem',
        summary: 'Read a work item',
        params: idParams,
        answers: { 200: jsonOrPage('The item.', workItemJson, dead) },
        problems: ['notFound'],
      },
      'DELETE /api/work-items/:id': {
        id: 'discardWorkItem',
        summary: 'Delete a pending or dead work item',
        params: idParams,
        answers: { 204: empty('The item is deleted.') },
        problems: ['notFound', 'workItemNotDeletable'],
      },
      'POST /api/work-items/:id/requeue': {
        id: 'requeueWorkItem',
        summary: 'Requeue a dead item',
        params: idParams,
        answers: { 200: json('The item is pending again.', workItemJson, pending) },
        problems: ['notFound', 'workItemNotDead'],
      },
    },
  };
};
