import { getHeapStatistics } from 'node:v8';
import type { WorkerOptions } from '@temporalio/worker';

/** Open jobs that a worker caches by default: each takes about 0.2 MB. */
const CACHED_JOBS = 500;

/** The heap from which on the SDK would cache more than {@link CACHED_JOBS}, in bytes. */
const ROOMY_HEAP = 1.05 * 1024 ** 3;

/**
 * Returns of how many open jobs a worker keeps the state in memory: the chosen number, or a moderate one. The SDK's own default depends on
 * the heap, for which it is four times as many if it may have 4 GiB; it is kept for small heaps.
 */
export function cacheSize(
  chosen: number | undefined,
  heapLimit = getHeapStatistics().heap_size_limit,
): Pick<WorkerOptions, 'maxCachedWorkflows'> {
  if (chosen !== undefined) return { maxCachedWorkflows: chosen };
  return heapLimit < ROOMY_HEAP ? {} : { maxCachedWorkflows: CACHED_JOBS };
}
