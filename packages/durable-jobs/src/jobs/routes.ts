import { inPreparedTransaction } from '../database/prepared-transaction.ts';
import type { JobEffectsByType } from './timeline/effects.ts';
import { enqueueOnce, enqueueOwn } from './outbox/enqueue.ts';
import { StreamLimit, streamEvents } from '../http/events/stream.ts';
import { callerOf } from '../http/caller.ts';
import { Routes } from '../http/routing/routes.ts';
import { callTimeoutMs, listTimeoutMs } from '../http/timeouts.ts';
import { actOnJob, type ActOnJobDeps } from './act/http/act-on-job.ts';
import { relationsOf } from './flow/groups.ts';
import { ListFreshness } from './list/freshness.ts';
import { JobFailures } from './list/job-failures.ts';
import { listJobs } from './list/list-jobs.ts';
import type { JobLister } from './list/reading.ts';
import { listJobsQuery } from './list/list-query.ts';
import type { QueueWarnings } from './explain/queue-warnings.ts';
import { existingStart } from './existing-start.ts';
import type { JobProgressByType } from './progress.ts';
import { readJob, type JobReader, type ShownJob } from './read-job.ts';
import { readTimeline } from './timeline/read-timeline.ts';
import { timelinePage } from './timeline/timeline-page.ts';
import { startJobButton } from './page/start-job-button.ts';
import { jobListPage } from './list/list-page.ts';
import { jobPage } from './page/job-page.ts';
import { readJobPage } from './page/read-job-page.ts';
import { idNamedBy } from './page/id-named-by.ts';
import { lookAtJob, showJob, watchJobs } from './watch.ts';
import { readWhy } from './explain/read-why.ts';
import { allows } from '../http/roles.ts';
import { prefersPage, sendJsonOrPage, sendPage } from '../http/pages.ts';
import { representationFor } from '../http/representation.ts';
import { notFound } from '../http/problem.ts';
import { jobIdParams, jobResultQuery, jobRunQuery, startJobBody } from './schemas.ts';
import { waitForResult } from './wait-for-result.ts';
import { parseBody, parseParams, parseQuery } from '../http/validate.ts';
import type { Logger } from '../telemetry/logger.ts';
import { linkToJob } from './link-to-job.ts';

/** Dependencies of the routes of jobs. */
export interface JobRoutesDeps extends ActOnJobDeps {
  jobEffects: JobEffectsByType;
  jobProgress: JobProgressByType;
  queueWarnings: QueueWarnings;
  logger: Logger;
  /** Aborts when the process is asked to stop: streams of progress end then. */
  stopping: AbortSignal;
}

/** Routes of jobs: start, list, state, events and cancellation. */
export function jobRoutes(deps: JobRoutesDeps): Routes {
  const routes = new Routes('/api/jobs');
  const reader: JobReader = {
    jobProgress: deps.jobProgress,
    db: deps.db,
    client: deps.temporal,
    jobs: deps.jobs,
    uiUrl: deps.config.TEMPORAL_UI_URL,
  };

  const lister: JobLister = {
    ...reader,
    failures: new JobFailures(deps.temporal),
    freshness: new ListFreshness(reader),
  };

  const watched = { ...reader, jobProgress: deps.jobProgress };
  const watcher = watchJobs(watched, deps.logger);
  const streams = new StreamLimit();
  const waits = new StreamLimit();

  const listQuery = listJobsQuery(deps.jobs);
  const startBody = startJobBody(deps.jobs);
  const startJob = startJobButton(deps.jobs);

  const getJob = async (id: string, runId?: string): Promise<ShownJob> => {
    const job = await deps.temporal.withDeadline(Date.now() + callTimeoutMs, () =>
      readJob(reader, id, runId),
    );
    if (!job) throw notFound(`job ${id}`);
    return job;
  };

  routes.get('/', 'viewer', async (request, response) => {
    const named = idNamedBy(deps.jobs, request.query.businessKeyPrefix);
    if (named !== undefined && prefersPage(request, response)) {
      response.redirect(linkToJob(named));
      return;
    }
    const { filter, page } = parseQuery(request, listQuery);
    const found = await deps.temporal.withDeadline(Date.now() + listTimeoutMs, () =>
      listJobs(lister, filter, page),
    );
    sendJsonOrPage(request, response, {
      json: found,
      page: (search) => jobListPage(search, found, deps.jobs.types, startJob),
    });
  });

  routes.get('/:id', 'viewer', async (request, response) => {
    const { id } = parseParams(request, jobIdParams);
    const { runId } = parseQuery(request, jobRunQuery);
    if (!prefersPage(request, response)) {
      response.json(await getJob(id, runId));
      return;
    }
    const data = await deps.temporal.withDeadline(Date.now() + callTimeoutMs, () =>
      readJobPage({ ...reader, jobEffects: deps.jobEffects }, id, runId),
    );
    if (!data) throw notFound(`job ${id}`);
    const showsInput = allows(callerOf(request).role, 'operator');
    sendPage(request, response, jobPage(data, new Date(), { showsInput }));
  });

  routes.get('/:id/result', 'viewer', async (request, response) => {
    const { id } = parseParams(request, jobIdParams);
    const { wait: waitMs } = parseQuery(request, jobResultQuery);
    const giveBack = waitMs > 0 ? waits.take(callerOf(request).keyId) : undefined;
    const left = new AbortController();
    response.on('close', () => left.abort());
    try {
      const signal = AbortSignal.any([left.signal, deps.stopping]);
      const found = await waitForResult(reader, id, { waitMs, signal });
      if (!found) throw notFound(`job ${id}`);
      const { hasEnded, ...result } = found;
      response.status(hasEnded ? 200 : 202).json({ ...result, links: { job: linkToJob(id) } });
    } finally {
      giveBack?.();
    }
  });

  routes.get('/:id/why', 'viewer', async (request, response) => {
    const { id } = parseParams(request, jobIdParams);
    const why = await readWhy(reader, id, callTimeoutMs);
    if (!why) throw notFound(`job ${id}`);
    response.json(why);
  });

  routes.get('/:id/timeline', 'viewer', async (request, response) => {
    const { id } = parseParams(request, jobIdParams);
    const { runId } = parseQuery(request, jobRunQuery);
    const representation = representationFor(request, response, 'A timeline', [
      'application/json',
      'text/html',
    ]);
    const timeline = await deps.temporal.withDeadline(Date.now() + listTimeoutMs, () =>
      readTimeline({ ...reader, jobEffects: deps.jobEffects }, id, runId),
    );
    if (!timeline) throw notFound(`requested run of the job ${id}`);
    if (representation === 'application/json') response.json(timeline);
    else sendPage(request, response, timelinePage(timeline, new Date(), await relationsOf(deps.db, id)));
  });

  routes.get('/:id/events', 'viewer', async (request, response) => {
    const { id } = parseParams(request, jobIdParams);
    const first = await lookAtJob(watched, id);
    if (!first) throw notFound(`job ${id}`);
    streamEvents(request, response, {
      first,
      follow: (onUpdate) => watcher.follow(id, onUpdate),
      show: showJob,
      limit: streams,
      stopping: deps.stopping,
    });
  });

  routes.post('/', 'operator', async (request, response) => {
    const { job, input, dedupeKey, ...times } = parseBody(request, startBody);
    const { entry, isNew } = await inPreparedTransaction(deps.db, async (trx) => {
      if (dedupeKey !== undefined) {
        return enqueueOnce(trx, job, input, { dedupeKey, ...times });
      }
      return {
        entry: await enqueueOwn(trx, job, input, times),
        isNew: true,
      };
    });
    if (isNew) deps.dispatcher.start([entry]);
    const made = isNew
      ? {
          // The engine may know a key from earlier that the outbox has forgotten, and a later start may replace this one.
          started: dedupeKey === undefined && !job.debounce && !job.concurrency?.keep ? true : null,
          startAt: entry.startAt?.toISOString() ?? null,
          runId: null,
        }
      : { started: false, ...(await existingStart(deps.db, entry)) };
    response
      .status(202)
      .location(linkToJob(entry.jobId))
      .json({
        jobId: entry.jobId,
        type: job.type,
        ...made,
        warnings: deps.queueWarnings.of(job.taskQueue),
      });
  });

  routes.delete('/:id', 'operator', async (request, response) => {
    const { id } = parseParams(request, jobIdParams);
    const { action, ...job } = await actOnJob(deps, id, { action: 'cancel' });
    request.log.info({ jobId: id, did: action.did }, 'a job was cancelled');
    response.status(202).json(job);
  });

  return routes;
}
