import { movedAmong } from '../run-records/moved-starts.ts';
import { Condition, hasStatus, jobCondition } from '../../engine/visibility-query.ts';
import { readRuns, type Run, type RunPlace } from '../../engine/visibility-runs.ts';
import { Problem } from '../../http/problem.ts';
import { INDEXED_OPEN, indexedAs } from '../../engine/run-status.ts';
import type { PlaceIn } from './list-place.ts';
import { type Part, examine } from './examine.ts';
import type { Reading } from './reading.ts';
import type { OpenHead } from './list-head.ts';
import { toCandidates } from './run-candidates.ts';
import { isOneOf } from './status-condition.ts';
import { lookAtAll } from './look-at-all.ts';

/**
 * Maximum number of jobs that were open when a walk began and have ended since. If there are more, because the walk was paused for too
 * long, it must be started again.
 */
const MOST_ENDED_SINCE = 1_000;

/** Reads open runs by their start. If closed runs follow, runs that were open when the walk began are still included here. */
export function readOpen(reading: Reading, first: PlaceIn<'open'>, want: number): Promise<Part> {
  const { db, parts, movedUpTo, head } = reading;
  const precedesEnded = parts.includes('closed');
  return examine(first, want, {
    async read({ asOf, place }, limit) {
      const { open, endedSince }: OpenHead =
        precedesEnded && !place
          ? await head.read(reading, asOf, limit)
          : { open: await readStillOpen(reading, place, limit), endedSince: undefined };
      // Read after the others: a run that ends in between is in either result.
      const ended = precedesEnded ? (endedSince ?? (await readEndedSince(reading, asOf, place))) : [];
      const runs = new Map([...ended, ...open].map((run) => [run.info.runId, run]));
      const newestFirst = [...runs.values()].toSorted((a, b) => compareText(b.startTime, a.startTime));
      return toCandidates(reading, { in: 'open', asOf, place }, newestFirst.slice(0, limit));
    },
    async check(candidates) {
      const looks = await lookAtAll(reading, candidates);
      const runIds = candidates.map(({ runId }) => runId);
      const moved = parts.includes('moved') ? await movedAmong(db, runIds, movedUpTo) : new Set();
      return looks.map((item, index) => (moved.has(runIds[index]) ? undefined : item));
    },
  });
}

function readStillOpen(
  { client, filter, now, accept }: Reading,
  place: RunPlace | undefined,
  limit: number,
): Promise<Run[]> {
  const { status } = filter;
  const isIndexed = status === 'running' || status === 'scheduled';
  const open = isIndexed ? hasStatus(status, now) : isOneOf(INDEXED_OPEN);
  return readRuns(client, Condition.all([jobCondition(filter), open]), {
    order: 'startTime',
    after: place,
    limit,
    accept,
  });
}

async function readEndedSince(
  { client, filter, accept }: Reading,
  asOf: string,
  place: RunPlace | undefined,
): Promise<Run[]> {
  const query = Condition.all([
    jobCondition(filter),
    // A run that continued as new has also ended; its continuation began after the walk.
    isOneOf(...indexedAs(), 'ContinuedAsNew'),
    Condition.compare('CloseTime', '>', asOf),
    ...(place ? [Condition.compare('StartTime', '<=', place.at)] : []),
  ]);
  const runs = await readRuns(client, query, {
    order: 'closeTime',
    after: undefined,
    limit: MOST_ENDED_SINCE + 1,
    accept,
  });
  if (runs.length > MOST_ENDED_SINCE) {
    throw new Problem('validationFailed', 'The list has changed too much since its first page was read.', {
      errors: [{ path: 'cursor', message: 'is too old to continue: start again without a cursor' }],
    });
  }
  return runs.filter((run) => run.startTime !== place?.at || !place.shown.includes(run.info.runId));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
