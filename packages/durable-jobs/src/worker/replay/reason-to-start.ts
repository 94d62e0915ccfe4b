import type { ReplayPolicy } from '../../config/replay-policy.ts';
import type { OwnVersion } from './next-task-of.ts';
import type { WorkersByCode } from './workers-by-code.ts';

/** What runs beside a worker that starts. */
export interface Beside {
  /** The workers that run the jobs; undefined if the engine does not respond. */
  workers: WorkersByCode | undefined;
  /** The state of the worker's own version; undefined if it has none. */
  state: OwnVersion['state'] | undefined;
}

/**
 * Returns why a worker starts although jobs do not replay; undefined if it does not start. Without workers with other code, or if they are not
 * known, a refusal would keep the other jobs waiting, and help none; beside workers with the same code, it would keep nothing from the jobs.
 */
export function reasonToStart(policy: ReplayPolicy, { workers, state }: Beside): string | undefined {
  if (policy !== 'refuse') return 'as WORKER_REPLAY permits';
  if (state === 'unknown') return 'because it is not known whether its version gets these jobs';
  // A version that was not promoted yet still can be kept from the jobs.
  if (state !== undefined && state !== 'inactive')
    return 'because the engine sends these jobs to workers of its version alone';
  if (!workers) return 'because it is not known which workers run them';
  if (workers.other.length === 0) return 'because no worker with other code runs them';
  // As when a pod of the running release is replaced while the next release is rolled out: nothing changes for the jobs.
  if (workers.same.length > 0) return 'because workers with the same code run them already';
  return undefined;
}
