import type { JobRegistry } from '../../jobs/registry.ts';
import type { Client } from '@temporalio/client';
import { Readable } from 'node:stream';
import type { z } from 'zod';
import { isMatch, jobQuery } from '../../engine/visibility-query.ts';
import type { BulkTaskDefinition } from '../define-task.ts';
import type { RawItem } from '../read-items.ts';
import { actOnJobs, actOnRunsAndStarts } from './act-on-jobs.ts';
import type { Caller } from '../../http/caller.ts';
import { isFailedWith } from '../../jobs/list/with-failures.ts';
import { JobFailures } from '../../jobs/list/job-failures.ts';
import { definitionOf } from '../../jobs/registry.ts';
import type { ActDeps } from '../../jobs/act/act-deps.ts';
import type { JobRulesByType } from '../../jobs/act/job-rules.ts';
import type { Db } from '../../database/connect.ts';
import { isDatabaseUnavailable } from '../../database/unavailable.ts';
import { isEngineUnavailable } from '../../engine/client.ts';
import { problemKind } from '../../http/problem-kinds.ts';
import { Problem } from '../../http/problem.ts';
import { errorMessage } from '../../process/errors.ts';
import { inParallel } from '../../process/in-parallel.ts';
import { tryItem } from './act-on-item.ts';
import { countLeftOut } from './unmade-starts.ts';
import type { Batch, batchJson, dryRunJson, NamedBatch, NamedJob, QueryBatch } from './batch-body.ts';
import type { ApiConfig } from '../../config/config.ts';
import type { Dispatcher } from '../../jobs/outbox/dispatcher.ts';
import type { BulkUploads } from '../uploads.ts';
import { linkTo } from '../../http/mount.ts';

/** Dependencies of a batch. */
export interface BatchDeps {
  db: Db;
  temporal: Client;
  jobs: JobRegistry;
  jobRules: JobRulesByType;
  uploads: BulkUploads;
  dispatcher: Dispatcher;
  config: Pick<ApiConfig, 'BULK_MAX_ITEMS'>;
}

type FindDeps = Pick<BatchDeps, 'temporal' | 'jobs'>;

/** Number of jobs that a dry run lists. */
const SHOWN = 10;
/** Runs per page of the engine's list, and runs whose failures are read concurrently. */
const PAGE = 1_000;
const READ_AT_ONCE = 50;
/** Named jobs that a dry run checks concurrently. */
const TRIED_AT_ONCE = 4;
/** Code for a job whose check failed with an error. */
const NOT_CHECKED = 'not_checked';
/** Listing a million jobs takes minutes. */
const LIST_TIMEOUT_MS = 300_000;

interface Found {
  id: string;
  runId: string;
  type: string;
}

type DryRun = z.output<typeof dryRunJson>;

/** Returns what a batch would do. */
export function tryBatch(deps: BatchDeps, batch: Batch): Promise<DryRun> {
  return batch.jobs === undefined ? tryQuery(deps, batch) : tryNamed(deps, batch);
}

/** Returns what would happen to each named job. */
async function tryNamed(
  { db, temporal: client, jobs, jobRules }: BatchDeps,
  { request, jobs: named }: NamedBatch,
): Promise<DryRun> {
  const asOf = new Date().toISOString();
  const tried = await inParallel(named, TRIED_AT_ONCE, async (job) => ({
    id: job.id,
    runId: job.runId ?? null,
    startId: job.startId ?? null,
    type: definitionOf(jobs, job.id)?.type ?? '',
    refusal: await refusalOf({ db, client, jobs, jobRules }, job, request),
  }));
  return { dryRun: true, total: named.length, jobs: tried, unmadeStarts: 0, asOf };
}

/** Why an action on a job would be refused, or null. */
async function refusalOf(
  deps: ActDeps,
  { id, ...target }: NamedJob,
  request: Batch['request'],
): Promise<{ code: string; message: string } | null> {
  try {
    await tryItem(deps, { jobId: id, ...target, ...request });
    return null;
  } catch (error) {
    // A start is being made at this moment: the bulk job tries again.
    if (error instanceof Problem && error.kind === problemKind('engineUnavailable')) return null;
    if (error instanceof Problem) return { code: error.kind.code, message: error.detail };
    if (isEngineUnavailable(error) || isDatabaseUnavailable(error)) throw error;
    // For example the rules of a type. The other jobs are checked nevertheless.
    return { code: NOT_CHECKED, message: `The action could not be checked: ${errorMessage(error)}` };
  }
}

/** Returns how many jobs match a query, and the first of them. */
async function tryQuery(deps: FindDeps & Pick<BatchDeps, 'db'>, batch: QueryBatch): Promise<DryRun> {
  const asOf = new Date().toISOString();
  const unmadeStarts = await countLeftOut(deps.db, batch);
  return deps.temporal.withDeadline(Date.now() + LIST_TIMEOUT_MS, async () => {
    const jobs: DryRun['jobs'] = [];
    let total = 0;
    for await (const job of findJobs(deps, batch)) {
      if (++total <= SHOWN) jobs.push({ ...job, startId: null, refusal: null });
    }
    return { dryRun: true, total, jobs, unmadeStarts, asOf };
  });
}

/** Creates a bulk job from the jobs that a batch names, or from the runs that it matches now. */
export async function startBatch(
  deps: BatchDeps,
  batch: Batch,
  caller: Caller,
): Promise<z.output<typeof batchJson>> {
  const maxItems = deps.config.BULK_MAX_ITEMS;
  // The first item above the limit refuses the whole batch.
  const items: RawItem[] = [];
  await deps.temporal.withDeadline(Date.now() + LIST_TIMEOUT_MS, async () => {
    for await (const item of itemsOf(deps, batch)) {
      items.push(item);
      if (items.length > maxItems) break;
    }
  });
  const unmadeStarts = await countLeftOut(deps.db, batch);
  const made =
    items.length > 0 &&
    (await deps.uploads.receive({ task: taskOf(batch), open: () => Readable.from(items), maxItems, caller }));
  if (!made) return { id: null, jobId: null, total: 0, unmadeStarts, links: { bulkJob: null, events: null } };
  deps.dispatcher.start([made.entry]);
  const bulkJob = linkTo(`/api/bulk-jobs/${made.id}`);
  return {
    id: made.id,
    jobId: made.entry.jobId,
    total: made.total,
    unmadeStarts,
    links: { bulkJob, events: `${bulkJob}/events` },
  };
}

/** The task of a batch: the one that workers of 0.1.0 also have, if it accepts all of the items. */
function taskOf(batch: Batch): BulkTaskDefinition {
  const isNew =
    batch.jobs === undefined
      ? batch.scope !== undefined
      : batch.jobs.some(({ startId, scope }) => startId !== undefined || scope !== undefined);
  return isNew || batch.request.action === 'reschedule' ? actOnRunsAndStarts : actOnJobs;
}

async function* itemsOf(deps: FindDeps, batch: Batch): AsyncGenerator<RawItem> {
  const { request } = batch;
  const ofAll = batch.jobs === undefined ? batch.scope : undefined;
  for await (const { id, ...target } of batch.jobs ?? findJobs(deps, batch)) {
    const { runId, startId, scope = ofAll }: Omit<NamedJob, 'id'> = target;
    const item = {
      jobId: id,
      runId,
      ...(startId !== undefined && { startId }),
      ...(scope && { scope }),
      ...request,
    };
    yield {
      path: id,
      value: request.action === 'reschedule' ? { ...item, at: request.at.toISOString() } : item,
    };
  }
}

/** Yields the matching runs in the engine's order. */
async function* findJobs({ temporal, jobs }: FindDeps, { filter, error }: QueryBatch): AsyncGenerator<Found> {
  const failures = new JobFailures(temporal);
  let unread: Found[] = [];
  const readSome = async (): Promise<Found[]> => {
    const read = await failures.read(unread);
    const meant = unread.filter((_, index) => error && isFailedWith(read[index] ?? null, error));
    unread = [];
    return meant;
  };
  for await (const info of temporal.workflow.list({ query: jobQuery(filter), pageSize: PAGE })) {
    if (!jobs.has(info.type) || !isMatch(filter, info)) continue;
    const job = { id: info.workflowId, runId: info.runId, type: info.type };
    if (!error) {
      yield job;
      continue;
    }
    unread.push(job);
    if (unread.length === READ_AT_ONCE) yield* await readSome();
  }
  yield* await readSome();
}
