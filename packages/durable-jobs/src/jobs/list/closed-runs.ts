import { Condition, jobCondition } from '../../engine/visibility-query.ts';
import { readRuns } from '../../engine/visibility-runs.ts';
import { indexedAs, isEnded } from '../../engine/run-status.ts';
import type { ErrorFilter, Reading } from './reading.ts';
import type { PlaceIn } from './list-place.ts';
import { type Candidate, type Part, examine } from './examine.ts';
import { toCandidates } from './run-candidates.ts';
import { isOneOf } from './status-condition.ts';
import { isFailedWith, withFailures } from './with-failures.ts';

function closedCondition({ filter, parts }: Reading, asOf: string): Condition {
  return Condition.all([
    jobCondition(filter),
    isOneOf(...indexedAs(isEnded(filter.status) ? filter.status : undefined)),
    ...(parts.includes('open') ? [Condition.compare('CloseTime', '<=', asOf)] : []),
  ]);
}

/** Reads closed runs by their end. */
export async function readClosed(reading: Reading, place: PlaceIn<'closed'>, want: number): Promise<Part> {
  const candidates = await readClosedCandidates(reading, place, want);
  return { rows: candidates.flatMap(({ ended, after }) => (ended ? [{ item: ended, after }] : [])) };
}

async function readClosedCandidates(
  reading: Reading,
  { asOf, place }: PlaceIn<'closed'>,
  limit: number,
): Promise<Candidate[]> {
  const found = place || reading.filter.status !== undefined ? undefined : reading.head.ended(limit);
  const runs =
    found ??
    (await readRuns(reading.client, closedCondition(reading, asOf), {
      order: 'closeTime',
      after: place,
      limit,
      accept: reading.accept,
    }));
  return toCandidates(reading, { in: 'closed', asOf, place }, runs);
}

/** Reads failed runs by their end, with their failures one by one. */
export function readFailedWith(
  reading: Reading,
  first: PlaceIn<'closed'>,
  want: number,
  error: ErrorFilter,
): Promise<Part> {
  const failed = { ...reading, filter: { ...reading.filter, status: 'failed' as const } };
  return examine(first, want, {
    read: (place, limit) => readClosedCandidates(failed, place, limit),
    async check(candidates) {
      const items = await withFailures(
        failed,
        candidates.flatMap(({ ended }) => (ended ? [ended] : [])),
      );
      return items.map((item) => (isFailedWith(item.failure, error) ? item : undefined));
    },
  });
}
