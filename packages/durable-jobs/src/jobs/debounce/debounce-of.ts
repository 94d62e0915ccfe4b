import { durationMs } from '../../values/duration.ts';
import { keyOf, type JobDefinition } from '../job-definition.ts';
import { flowKey } from '../limits/limits-of.ts';
import type { JobRegistry } from '../registry.ts';
import type { RetryOrigin } from '../tables.ts';

/** How a start is debounced. */
export interface StartDebounce {
  /** Names its key in rows: `exportInvoices:tenant-17`. */
  debounceKey: string;
  periodMs: number;
  maxWaitMs: number | null;
}

/** Whether a start waits until its key is quiet. A retry does not: it is for one run. */
export function isDebounced(
  jobs: JobRegistry,
  { jobType, retry }: { jobType: string; retry: RetryOrigin | null },
): boolean {
  return retry === null && jobs.find(jobType)?.debounce !== undefined;
}

/**
 * Returns how a start of a job is debounced; undefined if it is not.
 * @throws {JobLimitError} if the key cannot be derived from the input, or is not valid; {JobKeyError} if that is the job's own key.
 */
export function debounceOf<Input extends object>(
  job: JobDefinition<string, Input>,
  input: NoInfer<Input>,
): StartDebounce | undefined {
  const { debounce } = job;
  if (!debounce) return undefined;
  const key = debounce.key ? flowKey(job.type, 'debounce', () => debounce.key?.(input)) : keyOf(job, input);
  return {
    debounceKey: `${job.type}:${key}`,
    periodMs: durationMs.parse(debounce.period),
    maxWaitMs: debounce.maxWait === undefined ? null : durationMs.parse(debounce.maxWait),
  };
}
