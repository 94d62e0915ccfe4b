import type { JobRulesByType } from '../jobs/act/job-rules.ts';
import type { JobRegistry } from '../jobs/registry.ts';
import { WorkflowNotFoundError, type Client, type WorkflowHandle } from '@temporalio/client';
import type { RequestHandler } from 'express';
import { pauseBulkSignal, resumeBulkSignal } from './signals.ts';
import { startBulkJobOfQuery } from './make-from-query.ts';
import { nameInAudit } from '../access/audit-params.ts';
import { cancelStart } from '../jobs/act/cancel-start.ts';
import { startNow } from '../jobs/outbox/start-now.ts';
import { enqueueStart } from '../jobs/outbox/enqueue.ts';
import { findBulkJob, listBulkJobs, listFailedItems, requeueFailedItems, type BulkJob } from './rows.ts';
import { callerOf } from '../http/caller.ts';
import { hasEnded, presentBulkJob } from './json.ts';
import { bulkJobListPage, bulkJobPage } from './pages.ts';
import { itemsOf } from './body-items.ts';
import { showBulkJob, watchBulkJobs } from './watch.ts';
import { presentPage, timePageQuery } from '../http/cursor.ts';
import { StreamLimit, streamEvents } from '../http/events/stream.ts';
import { hasBody } from '../http/middleware/read-json.ts';
import { Routes } from '../http/routing/routes.ts';
import { callTimeoutMs } from '../http/timeouts.ts';
import { pageOf } from '../http/paging.ts';
import { sendJsonOrPage } from '../http/pages.ts';
import { jobNotStarted, notFound, Problem } from '../http/problem.ts';
import { createBulkJobQuery, failedItemsQuery } from './schemas.ts';
import { idParams } from '../http/schemas.ts';
import type { BulkTaskRegistry } from './task-registry.ts';
import { parseParams, parseQuery } from '../http/validate.ts';
import { processBulk, processBulkId } from './process-bulk.ts';
import type { Db } from '../database/connect.ts';
import type { ApiConfig } from '../config/config.ts';
import type { Dispatcher } from '../jobs/outbox/dispatcher.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { BulkUploads } from './uploads.ts';
import { linkTo } from '../http/mount.ts';

/** Dependencies of the routes of bulk jobs. */
export interface BulkJobRoutesDeps {
  db: Db;
  temporal: Client;
  jobs: JobRegistry;
  jobRules: JobRulesByType;
  dispatcher: Dispatcher;
  uploads: BulkUploads;
  bulkTasks: BulkTaskRegistry;
  config: Pick<ApiConfig, 'BULK_MAX_ITEMS' | 'BULK_MAX_BYTES' | 'BULK_UPLOAD_IDLE'>;
  logger: Logger;
  /** Aborts when the process is asked to stop, which ends progress streams. */
  stopping: AbortSignal;
}

/** Limit of concurrent uploads in this process: each holds up to a thousand items of 64 KiB in memory. */
const MAX_UPLOADS = 3;

/**
 * Routes of bulk jobs: their items by upload or query, their progress, and an operator's actions. `readBody` parses the bodies of all
 * routes except the upload.
 */
export function bulkJobRoutes(deps: BulkJobRoutesDeps, readBody: readonly RequestHandler[]): Routes {
  const routes = new Routes('/api/bulk-jobs');
  const { BULK_MAX_ITEMS: maxItems, BULK_MAX_BYTES: maxBytes, BULK_UPLOAD_IDLE: idleMs } = deps.config;
  const { bulkTasks } = deps;
  const createQuery = createBulkJobQuery(bulkTasks);
  const watcher = watchBulkJobs(deps);
  const limit = new StreamLimit();
  let uploads = 0;

  const getBulkJob = async (id: string): Promise<BulkJob> => {
    const job = await findBulkJob(deps.db, id);
    if (!job) throw notFound(`bulk job ${id}`);
    return job;
  };

  routes.post('/', 'operator', async (request, response) => {
    const given = parseQuery(request, createQuery);
    const task = known(bulkTasks.task(given.task));
    let made;
    if (given.query !== undefined) {
      const query = known(bulkTasks.query(given.query));
      if (hasBody(request)) {
        throw new Problem('validationFailed', 'The query supplies the items: send no body.', {
          errors: [{ path: 'body', message: 'must be empty if there is a query' }],
        });
      }
      if (query.task !== task.name) {
        throw new Problem('validationFailed', 'The query does not return items for this task.', {
          errors: [{ path: 'query', message: `returns items for the task ${query.task}` }],
        });
      }
      const items = known(query.find?.(deps.db));
      made = await startBulkJobOfQuery(deps.db, { task: task.name, query: query.name, items });
    } else {
      if (uploads >= MAX_UPLOADS) {
        throw new Problem(
          'tooManyRequests',
          `${MAX_UPLOADS} uploads are in progress: try again when one has finished.`,
          {
            headers: { 'Retry-After': '10' },
          },
        );
      }
      uploads++;
      try {
        made = await deps.uploads.receive({
          task,
          open: (signal) => itemsOf(request, { maxBytes, idleMs, signal }),
          maxItems,
          caller: callerOf(request),
        });
      } finally {
        uploads--;
      }
    }
    deps.dispatcher.start([made.entry]);
    nameInAudit(response, { bulkJobId: made.id });
    response
      .status(202)
      .location(linkTo(`/api/bulk-jobs/${made.id}`))
      .json({ id: made.id, jobId: made.entry.jobId, status: 'queued', total: made.total });
  });

  routes.get('/', 'viewer', async (request, response) => {
    const { limit, cursor } = parseQuery(request, timePageQuery);
    const page = await listBulkJobs(deps.db, { limit, after: cursor });
    const json = presentPage(page, (job) => presentBulkJob(job, Date.now()));
    sendJsonOrPage(request, response, {
      json,
      page: (query) => bulkJobListPage(query, json),
    });
  });

  routes.get('/:id', 'viewer', async (request, response) => {
    const { id } = parseParams(request, idParams);
    const { limit, cursor } = parseQuery(request, failedItemsQuery);
    const job = await getBulkJob(id);
    const rows = await listFailedItems(deps.db, id, { limit: limit + 1, after: cursor ?? -1 });
    const json = {
      ...presentBulkJob(job, Date.now()),
      failedItems: pageOf(rows, limit, {
        present: ({ position, payload, omitted, attempts, code, message }) => ({
          position,
          item: payload,
          // The field is named `item` in this response.
          omitted: omitted.map(() => 'item'),
          attempts,
          error: { code, message },
        }),
        placeOf: ({ position }) => String(position),
      }),
    };
    sendJsonOrPage(request, response, {
      json,
      page: (query) => bulkJobPage(query, json, json.failedItems),
    });
  });

  routes.get('/:id/events', 'viewer', ...readBody, async (request, response) => {
    const job = await getBulkJob(parseParams(request, idParams).id);
    streamEvents(request, response, {
      first: job,
      follow: (onUpdate) => watcher.follow(job.id, onUpdate),
      show: showBulkJob,
      limit,
      stopping: deps.stopping,
    });
  });

  /** Sends a message to the job's workflow. @throws {WorkflowNotFoundError} if none is running. */
  const tell = async (job: BulkJob, send: (handle: WorkflowHandle) => Promise<unknown>): Promise<void> => {
    if (hasEnded(job.status)) throw new Problem('jobClosed', `The bulk job is ${job.status}.`);
    await deps.temporal.withDeadline(Date.now() + callTimeoutMs, () =>
      send(deps.temporal.workflow.getHandle(processBulkId(job.id))),
    );
  };
  /** Withdraws the start of a job, or cancels its run where the start was just made. */
  const cancelBeforeStart = async (job: BulkJob): Promise<void> => {
    try {
      await cancelStart(deps, { id: processBulkId(job.id), type: processBulk.type });
    } catch (refusal) {
      await tell(job, actions.cancel).catch(refuseMissing(refusal));
    }
  };
  const actions = {
    pause: (handle) => handle.signal(pauseBulkSignal),
    resume: (handle) => handle.signal(resumeBulkSignal),
    cancel: (handle) => handle.cancel(),
  } satisfies Record<string, (handle: WorkflowHandle) => Promise<unknown>>;
  for (const [action, send] of Object.entries(actions)) {
    routes.post(`/:id/${action}`, 'operator', ...readBody, async (request, response) => {
      const { id } = parseParams(request, idParams);
      const job = await getBulkJob(id);
      await tell(job, send).catch(async (error: unknown) => {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
        if (action === 'cancel') return cancelBeforeStart(job);
        if (!(await startNow(deps, processBulkId(id)))) throw jobNotStarted();
        await tell(job, send).catch(refuseMissing(jobNotStarted()));
      });
      response.status(202).json(presentBulkJob(await getBulkJob(id), Date.now()));
    });
  }

  routes.post('/:id/retry-failed', 'operator', ...readBody, async (request, response) => {
    const { id } = parseParams(request, idParams);
    const job = await getBulkJob(id);
    if (job.status === 'cancelled') throw new Problem('jobClosed', 'The bulk job is cancelled.');
    const { count, entry } = await deps.db.transaction().execute(async (trx) => {
      const count = await requeueFailedItems(trx, id);
      return {
        count,
        entry: count > 0 ? await enqueueStart(trx, processBulk, { bulkJobId: id }) : undefined,
      };
    });
    if (entry) deps.dispatcher.start([entry]);
    response.status(202).json({ ...presentBulkJob(await getBulkJob(id), Date.now()), retried: count });
  });

  return routes;
}

/** Handles a failed message to a workflow: if none runs, `refusal` says why, and other errors stay what they are. */
function refuseMissing(refusal: unknown): (error: unknown) => never {
  return (error) => {
    throw error instanceof WorkflowNotFoundError ? refusal : error;
  };
}

/** Asserts that a name that the schema accepted was found. */
function known<T>(found: T | undefined): T {
  if (found === undefined)
    throw new Error('the registry does not contain the bulk task or query, or its function');
  return found;
}
