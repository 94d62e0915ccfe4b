import { z } from 'zod';
import { bulkJobJson } from './json.ts';
import { processBulkId } from './process-bulk.ts';
import { timePageQuery } from '../http/cursor.ts';
import { errorJson, omitted, pageJson } from '../http/json.ts';
import { createBulkJobQuery, failedItemsQuery } from './schemas.ts';
import { idParams } from '../http/schemas.ts';
import type { BulkTaskRegistry } from './task-registry.ts';
import { json, jsonOrPage, type ResourceDocs, text } from '../http/openapi/describe.ts';
import { exampleIds, exampleOf } from '../http/openapi/examples.ts';
import { lastEventIdHeaders } from '../http/openapi/headers.ts';

const id = exampleIds.bulkJob;

const exampleJobOf = (task: string): z.output<typeof bulkJobJson> => ({
  id,
  jobId: processBulkId(id),
  task,
  query: null,
  status: 'running',
  counts: { total: 50_000, done: 12_400, failed: 3, pending: 37_597 },
  rate: 2210.4,
  estimatedEndAt: '2026-03-02T09:16:17.000Z',
  createdAt: '2026-03-02T09:15:52.000Z',
  startedAt: '2026-03-02T09:15:54.000Z',
  endedAt: null,
  links: {
    self: `/api/bulk-jobs/${id}`,
    events: `/api/bulk-jobs/${id}/events`,
    job: `/api/jobs/${processBulkId(id)}`,
  },
});

/** The items of each task, as a JSON array. */
const itemsOf = ({ tasks }: BulkTaskRegistry) =>
  z.union(
    tasks.map(({ name, description, item }) =>
      z.array(item.meta({ id: `BulkItem_${name}` })).meta({ title: name, description }),
    ),
  );

const failedItem = z.strictObject({
  position: z.int(),
  item: z.unknown().meta({ description: 'The item as it was submitted.' }),
  omitted,
  attempts: z.int(),
  error: errorJson,
});

const inList = (of: readonly { name: string; description: string }[]): string =>
  of.map(({ name, description }) => `- \`${name}\`: ${description}`).join('\n');

const problems = ['notFound', 'jobClosed', 'engineUnavailable'] as const;

/** The examples of the first task whose items have some; otherwise the name of the first task. */
function exampleItems({ tasks }: BulkTaskRegistry): { task: string; items?: unknown[] } {
  for (const { name, item } of tasks) {
    const example = exampleOf(item);
    if (example !== undefined) return { task: name, items: [example] };
  }
  return { task: tasks[0]?.name ?? 'send-reminders' };
}

/** API description of bulk jobs. */
export const bulkJobDocs = (bulkTasks: BulkTaskRegistry): ResourceDocs => {
  const { task, items } = exampleItems(bulkTasks);
  const example = exampleJobOf(task);
  return {
    name: 'Bulk jobs',
    description:
      'A bulk job does one task with up to a million items. A failed item does not stop the others.',
    routes: {
      'POST /api/bulk-jobs': {
        id: 'createBulkJob',
        summary: 'Start a bulk job',
        description: `The items are the body, as a JSON array or as NDJSON (one item per line, read as a stream), or the result of a \`query\`, without a body. An upload that is interrupted, or contains an invalid item, leaves nothing behind.

Tasks:
${inList(bulkTasks.tasks)}

Queries:
${inList(bulkTasks.queries)}`,
        query: createBulkJobQuery(bulkTasks),
        body: {
          required: false,
          content: {
            'application/json': {
              schema: itemsOf(bulkTasks),
              ...(items && { example: items }),
            },
            'application/x-ndjson': {
              schema: { type: 'string' },
              ...(items && { example: items.map((item) => `${JSON.stringify(item)}\n`).join('') }),
            },
          },
        },
        answers: {
          202: json(
            'The items are stored and will be processed.',
            z.strictObject({ id: z.uuid(), jobId: z.string(), status: z.literal('queued'), total: z.int() }),
            { id, jobId: processBulkId(id), status: 'queued', total: 50_000 },
            { Location: 'The bulk job.' },
          ),
        },
        problems: ['uploadStalled', 'tooManyRequests'],
      },
      'GET /api/bulk-jobs': {
        id: 'listBulkJobs',
        summary: 'List the bulk jobs, newest first',
        query: timePageQuery,
        answers: {
          200: jsonOrPage('A page of bulk jobs.', pageJson(bulkJobJson), {
            items: [example],
            nextCursor: null,
          }),
        },
      },
      'GET /api/bulk-jobs/:id': {
        id: 'getBulkJob',
        summary: 'Read a bulk job and the items that failed',
        params: idParams,
        query: failedItemsQuery,
        answers: {
          200: jsonOrPage(
            'The bulk job with its counts and a page of its failed items.',
            bulkJobJson.extend({ failedItems: pageJson(failedItem) }).meta({ id: 'BulkJobWithFailedItems' }),
            {
              ...example,
              failedItems: {
                items: [
                  {
                    position: 17,
                    item: items?.[0] ?? {},
                    omitted: [],
                    attempts: 1,
                    error: { code: 'NotFound', message: 'The row that the item names does not exist.' },
                  },
                ],
                nextCursor: null,
              },
            },
          ),
        },
        problems: ['notFound'],
      },
      'GET /api/bulk-jobs/:id/events': {
        id: 'followBulkJob',
        summary: 'Follow a bulk job as server-sent events',
        description:
          'Sends `progress` at each change, and one `end`, after which the stream closes. The data of both is the bulk job. Resume with `Last-Event-ID`.',
        params: idParams,
        headers: lastEventIdHeaders,
        answers: {
          200: text(
            'Events, until the job ends.',
            'text/event-stream',
            `id: running.12400.3\nevent: progress\ndata: {"id":"${id}","status":"running"}\n\n`,
          ),
        },
        problems: ['notFound'],
      },
      'POST /api/bulk-jobs/:id/pause': {
        id: 'pauseBulkJob',
        summary: 'Pause a bulk job',
        description: 'Batches in progress finish, and no others begin.',
        params: idParams,
        answers: { 202: json('The request was accepted.', bulkJobJson, example) },
        problems,
      },
      'POST /api/bulk-jobs/:id/resume': {
        id: 'resumeBulkJob',
        summary: 'Resume a paused bulk job',
        params: idParams,
        answers: { 202: json('The request was accepted.', bulkJobJson, example) },
        problems,
      },
      'POST /api/bulk-jobs/:id/cancel': {
        id: 'cancelBulkJob',
        summary: 'Cancel a bulk job',
        description: 'Items that are done stay done; the others are not processed.',
        params: idParams,
        answers: { 202: json('The request was accepted.', bulkJobJson, example) },
        problems,
      },
      'POST /api/bulk-jobs/:id/retry-failed': {
        id: 'retryFailedItems',
        summary: 'Retry the failed items of a bulk job',
        params: idParams,
        answers: {
          202: json(
            'The failed items are pending again.',
            bulkJobJson.extend({ retried: z.int() }).meta({ id: 'BulkJobRetried' }),
            { ...example, retried: 3 },
          ),
        },
        problems: ['notFound', 'jobClosed'],
      },
    },
  };
};
