import { listFailingRuns } from '../run-records/failing-activities.ts';
import { listMovedStarts } from '../run-records/moved-starts.ts';
import type { PlaceIn } from './list-place.ts';
import { type Candidate, type Part, examine } from './examine.ts';
import type { Reading } from './reading.ts';
import { lookAtAll } from './look-at-all.ts';

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

/** Reads runs with an activity that failed and is being retried, as recorded by workers. */
export function readFailing(reading: Reading, first: PlaceIn<'failing'>, want: number): Promise<Part> {
  const { db, filter } = reading;
  return examine(first, want, {
    async read({ asOf, place }, limit) {
      const runs = await listFailingRuns(db, { types: filter.types, before: place, limit });
      return runs.map((run) => ({ ...toCandidate(run), after: { in: 'failing', asOf, place: run.place } }));
    },
    check: (candidates) => lookAtAll(reading, candidates),
  });
}

function toCandidate({ jobId, runId }: { jobId: string; runId: string }): Omit<Candidate, 'after'> {
  return { id: jobId, runId };
}
