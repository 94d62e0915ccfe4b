import type { z } from 'zod';
import type { Db } from '../../database/connect.ts';
import { errorMessage } from '../../process/errors.ts';
import { actOnRun } from '../../jobs/act/act.ts';
import { actOnJobs } from './act-on-jobs.ts';
import { findRun, type JobRun } from '../../jobs/act/job-run.ts';
import { isRetried } from '../../jobs/run-records/job-retries.ts';
import { ActionRefusedError } from '../../jobs/act/refusal.ts';
import { leaveToRelay } from '../../jobs/outbox/enqueue.ts';
import { isEngineUnavailable } from '../../engine/client.ts';
import { callEngine } from '../../engine/engine-call.ts';
import { defineBulkTask } from '../define-task.ts';

type Item = z.output<typeof actOnJobs.item>;

/**
 * Acts on runs of jobs as operators do on a single job. Repeats are safe: the state of the run, or its row in `job_retries`, shows that it
 * was already acted on.
 */
export const actOnJobsTask = defineBulkTask({
  ...actOnJobs,
  async perform(item, { db, temporal: client, jobs, jobRules }) {
    const deps = { db, client, jobs, jobRules };
    try {
      const newest = await callEngine(client, () => findRun(deps, item.jobId));
      const run =
        newest?.runId === item.runId
          ? newest
          : await callEngine(client, () => findRun(deps, item.jobId, item.runId));
      if (!run) return { code: 'not_found', message: 'The run does not exist.', retryable: false };
      if (await isDone(db, run, item)) return undefined;
      if (run !== newest)
        return { code: 'job_closed', message: 'The job has a newer run.', retryable: false };
      const { starts } = await callEngine(client, () => actOnRun(deps, run, item));
      for (const { id } of starts) await leaveToRelay(db, id);
      return undefined;
    } catch (error) {
      if (error instanceof ActionRefusedError) {
        return { code: error.kind.code, message: error.message, retryable: false };
      }
      if (!isEngineUnavailable(error)) throw error;
      return { code: 'engine_unavailable', message: errorMessage(error), retryable: true };
    }
  },
});

/** Whether the run is already in the requested state, for example because of an earlier attempt. */
async function isDone(db: Db, run: JobRun, { action }: Item): Promise<boolean> {
  if (action === 'cancel') return run.status === 'cancelled';
  return action === 'retry' && run.status !== 'open' && (await isRetried(db, run));
}
