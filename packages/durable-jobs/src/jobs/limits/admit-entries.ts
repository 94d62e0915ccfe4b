import type { Db } from '../../database/connect.ts';
import type { OutboxEntry } from '../outbox/enqueue.ts';
import type { JobRegistry } from '../registry.ts';
import { admitStarts, tryAgainSoon, type Admission } from './admit.ts';
import { isLimited, JobLimitError, limitsOf } from './limits-of.ts';

/** Whether the job of an entry has limits. */
export function hasLimits(jobs: JobRegistry, { jobType }: Pick<OutboxEntry, 'jobType'>): boolean {
  const job = jobs.find(jobType);
  return job !== undefined && isLimited(job);
}

/**
 * Gives checked entries the slots of their limits, or lets them wait, see {@link admitStarts}. Those that are neither are tried again in a
 * moment, and count as waiting. Entries without limits are in neither set.
 * @throws {JobLimitError} if a start is to be tried and the key of a limit is not valid.
 * @throws the database's error if a start is to be tried; if it may only be made soon, the error is returned.
 */
export async function admitEntries(
  { db, jobs }: { db: Db; jobs: JobRegistry },
  entries: readonly OutboxEntry[],
  reason: 'try' | 'reserve',
  mostMs?: number,
): Promise<Admission> {
  const starts = entries.flatMap((entry) => {
    const job = jobs.find(entry.jobType);
    if (!job || !isLimited(job)) return [];
    const isInTurn = entry.dedupeKey === null && entry.retry === null && job.startPolicy === 'in-turn';
    try {
      const limits = limitsOf(job, entry.input);
      // A retry is for one run.
      return [{ id: entry.id, jobId: entry.jobId, limits, isInTurn, isMergeable: entry.retry === null }];
    } catch (error) {
      // It is found again, and dealt with, when the start is tried.
      if (reason === 'reserve' && error instanceof JobLimitError) return [];
      throw error;
    }
  });
  const { waiting, ...admission } = await admitStarts(db, starts, reason, mostMs);
  if (reason === 'try' && admission.errors.length > 0) throw admission.errors[0];
  const others = starts.flatMap(({ id }) => (admission.admitted.has(id) || waiting.has(id) ? [] : [id]));
  if (others.length > 0) await tryAgainSoon(db, others);
  return { ...admission, waiting: new Set([...waiting, ...others]) };
}
