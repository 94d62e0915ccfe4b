import { getHeapStatistics } from 'node:v8';
import type { WorkerOptions } from '@temporalio/worker';

/** Open jobs that a worker caches by default: each takes about 0.2 MB. */
const CACHED_JOBS = 500;

/** The heap size above which the SDK would cache more than {@link CACHED_JOBS}, in bytes. */
const ROOMY_HEAP = 1.03 * 1024 ** 3;

/**
 * Returns the option that limits how many open jobs a worker keeps in memory: to the chosen number, or a moderate one. The SDK's own default
 * depends on the size of the heap: with 4 GiB it is over four times as many. It is kept for small heaps.
 */
export function cacheSize(
  chosen: number | undefined,
  heapLimit = getHeapStatistics().heap_size_limit,
): Pick<WorkerOptions, 'maxCachedWorkflows'> {
  if (chosen !== undefined) return { maxCachedWorkflows: chosen };
  return heapLimit < ROOMY_HEAP ? {} : { maxCachedWorkflows: CACHED_JOBS };
}
