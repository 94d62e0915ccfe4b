import type { JobRegistry } from '../../jobs/registry.ts';
import type { Client } from '@temporalio/client';
import { Readable } from 'node:stream';
import type { z } from 'zod';
import { isMatch, jobQuery } from '../../engine/visibility-query.ts';
import type { RawItem } from '../read-items.ts';
import { actOnJobs } from './act-on-jobs.ts';
import type { Caller } from '../../http/caller.ts';
import { isFailedWith } from '../../jobs/list/with-failures.ts';
import { JobFailures } from '../../jobs/list/job-failures.ts';
import type { Batch, batchJson, dryRunJson } from './batch-body.ts';
import type { ApiConfig } from '../../config/config.ts';
import type { Dispatcher } from '../../jobs/outbox/dispatcher.ts';
import type { BulkUploads } from '../uploads.ts';
import { linkTo } from '../../http/mount.ts';

/** Dependencies of a batch. */
export interface BatchDeps {
  temporal: Client;
  jobs: JobRegistry;
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
/** Listing a million jobs takes minutes. */
const LIST_TIMEOUT_MS = 300_000;

interface Found {
  id: string;
  runId: string;
  type: string;
}

/** Returns how many jobs a batch would act on, and the first of them. */
export function tryBatch(deps: FindDeps, batch: Batch): Promise<z.output<typeof dryRunJson>> {
  const asOf = new Date().toISOString();
  return deps.temporal.withDeadline(Date.now() + LIST_TIMEOUT_MS, async () => {
    const jobs: Found[] = [];
    let total = 0;
    for await (const job of findJobs(deps, batch)) {
      if (++total <= SHOWN) jobs.push(job);
    }
    return { dryRun: true, total, jobs, asOf };
  });
}

/** Creates a bulk job from the runs that a batch matches now. */
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
  const made =
    items.length > 0 &&
    (await deps.uploads.receive({ task: actOnJobs, open: () => Readable.from(items), maxItems, caller }));
  if (!made) return { id: null, jobId: null, total: 0, links: { bulkJob: null, events: null } };
  deps.dispatcher.start([made.entry]);
  const bulkJob = linkTo(`/api/bulk-jobs/${made.id}`);
  return {
    id: made.id,
    jobId: made.entry.jobId,
    total: made.total,
    links: { bulkJob, events: `${bulkJob}/events` },
  };
}

async function* itemsOf(deps: FindDeps, batch: Batch): AsyncGenerator<RawItem> {
  const { action, reason } = batch;
  for await (const { id, runId } of findJobs(deps, batch)) {
    yield { path: id, value: { jobId: id, runId, action, ...(reason !== undefined && { reason }) } };
  }
}

/** Yields the matching runs in the engine's order. */
async function* findJobs({ temporal, jobs }: FindDeps, { filter, error }: Batch): AsyncGenerator<Found> {
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
