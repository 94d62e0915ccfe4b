import { errorMessage } from '../../process/errors.ts';
import { problemKind } from '../../http/problem-kinds.ts';
import { Problem } from '../../http/problem.ts';
import { leaveToRelay } from '../../jobs/outbox/enqueue.ts';
import { isEngineUnavailable } from '../../engine/client.ts';
import { defineBulkTask, type BulkDeps } from '../define-task.ts';
import type { ItemError } from '../rows.ts';
import { actOnItem, AlreadyDoneError } from './act-on-item.ts';
import { actOnJobs, actOnRunsAndStarts, type ActOnJobItem } from './act-on-jobs.ts';

/**
 * Acts on a run or a start of a job as operators do on a single job. Repeats are safe: the state of the run, or its row in `job_retries`,
 * shows that it was already acted on.
 */
async function perform(
  item: ActOnJobItem,
  { db, temporal: client, jobs, jobRules }: BulkDeps,
): Promise<Omit<ItemError, 'position'> | undefined> {
  try {
    const starts = await actOnItem({ db, client, jobs, jobRules }, item);
    for (const { id } of starts) await leaveToRelay(db, id);
    return undefined;
  } catch (error) {
    if (error instanceof AlreadyDoneError) return undefined;
    if (error instanceof Problem) {
      const retryable = error.kind === problemKind('engineUnavailable');
      return { code: error.kind.code, message: error.message, retryable };
    }
    if (!isEngineUnavailable(error)) throw error;
    return { code: 'engine_unavailable', message: errorMessage(error), retryable: true };
  }
}

/** The bulk tasks that act on jobs, with their function. */
export const tasksOnJobs = [
  defineBulkTask({ ...actOnJobs, perform }),
  defineBulkTask({ ...actOnRunsAndStarts, perform }),
];
