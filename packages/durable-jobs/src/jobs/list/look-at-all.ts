import { isMatchOfJob } from '../../engine/visibility-query.ts';
import { lookAtRun, type RunNow } from '../look-at-run.ts';
import { type ListedJob, presentRun } from './listed-job.ts';
import type { Candidate } from './examine.ts';
import type { Reading } from './reading.ts';

/** Runs that are examined concurrently. */
const AT_ONCE = 10;

/** Returns the current state of these runs; undefined for a run that no longer exists or does not match. */
export async function lookAtAll(
  reading: Reading,
  candidates: readonly Candidate[],
): Promise<(ListedJob | undefined)[]> {
  const found: (ListedJob | undefined)[] = [];
  for (let from = 0; from < candidates.length; from += AT_ONCE) {
    const some = candidates.slice(from, from + AT_ONCE);
    found.push(
      ...(await Promise.all(
        some.map((one) => (one.ended ? Promise.resolve(one.ended) : lookAt(reading, one))),
      )),
    );
  }
  return found;
}

async function lookAt(reading: Reading, { id, runId }: Candidate): Promise<ListedJob | undefined> {
  const now = await lookAtRun(reading, id, runId);
  return now && isMeant(reading, now) ? presentRun(reading, now.description, now) : undefined;
}

function isMeant({ filter }: Reading, { description, status }: RunNow): boolean {
  if (!isMatchOfJob(filter, description)) return false;
  switch (filter.status) {
    case undefined:
      return true;
    case 'running':
      return ['running', 'waiting', 'retrying', 'paused'].includes(status);
    default:
      return status === filter.status;
  }
}
