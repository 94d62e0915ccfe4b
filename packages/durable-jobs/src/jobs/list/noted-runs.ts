import { listFailingRuns } from '../run-records/failing-activities.ts';
import { listMovedStarts } from '../run-records/moved-starts.ts';
import type { PlaceIn } from './list-place.ts';
import { type Candidate, type Part, examine } from './examine.ts';
import type { Reading } from './reading.ts';
import { lookAtAll } from './look-at-all.ts';
import { isFailedWith } from './with-failures.ts';

/** Reads runs whose start was moved: only the runs themselves show whether they have begun. */
export function readMoved(reading: Reading, first: PlaceIn<'moved'>, want: number): Promise<Part> {
  const { db, movedUpTo } = reading;
  return examine(first, want, {
    async read({ asOf, place }, limit) {
      const from = place === undefined ? movedUpTo : place - 1;
      const moved = await listMovedStarts(db, from, limit);
      return moved.map((start) => ({
        ...toCandidate(start),
        after: { in: 'moved', asOf, place: start.place },
      }));
    },
    check: (candidates) => lookAtAll(reading, candidates),
  });
}

/**
 * Reads runs with an activity that failed and is being retried, as recorded by workers. Of a run with several, the error that its job shows
 * decides.
 */
export function readFailing(reading: Reading, first: PlaceIn<'failing'>, want: number): Promise<Part> {
  const { db, filter } = reading;
  return examine(first, want, {
    async read({ asOf, place }, limit) {
      const { types, error } = filter;
      const runs = await listFailingRuns(db, { types, error, before: place, limit });
      return runs.map((run) => ({ ...toCandidate(run), after: { in: 'failing', asOf, place: run.place } }));
    },
    async check(candidates) {
      const { error } = filter;
      const looks = await lookAtAll(reading, candidates);
      return error ? looks.map((item) => (isFailedWith(item?.lastError, error) ? item : undefined)) : looks;
    },
  });
}

function toCandidate({ jobId, runId }: { jobId: string; runId: string }): Omit<Candidate, 'after'> {
  return { id: jobId, runId };
}
