import type { AttemptError } from '../run-state/history.ts';
import type { ListedJob } from './listed-job.ts';
import type { ErrorFilter, Reading } from './reading.ts';

/** Whether a failure matches the filter. */
export function isFailedWith(failure: AttemptError | null | undefined, { code, text }: ErrorFilter): boolean {
  if (!failure) return false;
  if (code !== undefined && failure.code !== code) return false;
  return text === undefined || failure.message.toLowerCase().includes(text.toLowerCase());
}

/** Adds missing failures to failed jobs. */
export async function withFailures({ failures }: Reading, items: ListedJob[]): Promise<ListedJob[]> {
  const failed = items.flatMap(({ id, runId, status, failure }) =>
    status === 'failed' && runId !== null && !failure ? [{ id, runId }] : [],
  );
  const read = await failures.read(failed);
  const byRun = new Map(failed.map(({ runId }, index) => [runId, read[index] ?? null]));
  return items.map((item) => ({ ...item, failure: byRun.get(item.runId ?? '') ?? item.failure }));
}
