import type { RunPlace } from '../../engine/visibility-runs.ts';
import type { JobStatus } from '../job-view.ts';
import type { ListPlace } from './list-place.ts';
import type { ListFilter } from './reading.ts';

/** Returns the parts of the list in which a filter can find jobs, in order. */
export function partsOf(filter: ListFilter): ListPlace['in'][] {
  const { status, error } = filter;
  const byStart = filter.startedAfter !== undefined || filter.startedBefore !== undefined;
  const byEnd = filter.closedAfter !== undefined || filter.closedBefore !== undefined;
  const found = status === undefined ? partsWithoutStatus : partsWith[status];
  return found.filter((part) => {
    if (part === 'committed') return !error && !byEnd && !byStart;
    if (part === 'failing') return !byEnd;
    return part === 'closed' || (!error && !byEnd);
  });
}

const partsWithoutStatus = ['committed', 'open', 'closed'] as const;

/** The parts that contain jobs of each status. Failing jobs are recorded; for other states, open runs are examined one by one. */
const partsWith: Record<JobStatus, readonly ListPlace['in'][]> = {
  scheduled: ['committed', 'moved', 'open'],
  running: ['moved', 'open'],
  waiting: ['committed', 'open'],
  paused: ['open'],
  retrying: ['failing'],
  completed: ['closed'],
  failed: ['closed'],
  cancelled: ['closed'],
  terminated: ['closed'],
};

/** Returns the beginning of a part of the list: for open runs, `newest` if it is set. Undefined without a part. */
export function firstPlace(
  name: ListPlace['in'] | undefined,
  asOf: string,
  newest: RunPlace | undefined,
): ListPlace | undefined {
  if (name === undefined) return undefined;
  if (name !== 'open' || !newest) return { in: name, asOf };
  return { in: name, asOf, place: { at: newest.at, shown: [...newest.shown] } };
}
