import { placeAfter, type Run, type RunOrder, type RunPlace } from '../../engine/visibility-runs.ts';
import { endedStatusOf } from '../../engine/run-status.ts';
import type { PlaceIn } from './list-place.ts';
import type { Candidate } from './examine.ts';
import type { Reading } from './reading.ts';
import { presentRun } from './listed-job.ts';

/** Returns runs as candidates, each with the position at which the list continues after it. */
export function toCandidates(
  reading: Reading,
  before: PlaceIn<'open' | 'closed'>,
  runs: readonly Run[],
): Candidate[] {
  const order: RunOrder = before.in === 'open' ? 'startTime' : 'closeTime';
  let place: RunPlace | undefined = before.place;
  return runs.map((run) => {
    place = placeAfter(run, order, place);
    const after = place && { at: place.at, shown: [...place.shown] };
    const { workflowId: id, runId } = run.info;
    const status = endedStatusOf(run.info);
    return {
      id,
      runId,
      after: { in: before.in, asOf: before.asOf, place: after },
      ended: status && presentRun(reading, run.info, { status }),
    };
  });
}
