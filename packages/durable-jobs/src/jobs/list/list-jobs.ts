import { newestMovedStart } from '../run-records/moved-starts.ts';
import { isMatch } from '../../engine/visibility-query.ts';
import { toCursor, type Page } from '../../http/paging.ts';
import type { ListedJob } from './listed-job.ts';
import { ListHead } from './list-head.ts';
import type { JobLister, ListFilter, Reading } from './reading.ts';
import type { ListPlace } from './list-place.ts';
import type { Row, Part } from './examine.ts';
import { partsOf, firstPlace } from './list-parts.ts';
import { readCommitted } from './committed-starts.ts';
import { readMoved, readFailing } from './noted-runs.ts';
import { readOpen } from './open-runs.ts';
import { readClosed, readFailedWith } from './closed-runs.ts';
import { withFailures } from './with-failures.ts';

/** A page of jobs. */
export interface JobPage extends Page<ListedJob> {
  /** Time up to which the list is complete: the engine's index is a moment behind the runs. */
  asOf: string;
}

/**
 * Returns a page of jobs, newest first: committed starts that are not made, then open runs by start, then ended runs by end. Each run has
 * one position in that order, as of the beginning of the walk, so none is missed or repeated, whatever starts and ends meanwhile.
 * @throws {Problem} `validationFailed` if a cursor is so old that this can't be kept.
 */
export async function listJobs(
  lister: JobLister,
  filter: ListFilter,
  page: { limit: number; place: ListPlace | undefined },
): Promise<JobPage> {
  // Before the runs are read: a start that is found afterwards may be missing in what was read.
  const upTo = await lister.freshness.read();
  const now = new Date();
  const parts = partsOf(filter);
  const reading: Reading = {
    ...lister,
    filter,
    parts,
    now,
    movedUpTo: page.place?.movedUpTo ?? (parts.includes('moved') ? await newestMovedStart(lister.db) : 0),
    head: new ListHead(),
    accept: (run) => isMatch(filter, run),
  };
  const asOf = page.place?.asOf ?? now.toISOString();
  // Jobs that began after the walk do not belong to it. Its first page contains all there are, whatever our clock says.
  const newest = page.place && { at: asOf, shown: [] };

  const rows: Row[] = [];
  let stoppedAt: ListPlace | undefined;
  let place = page.place ?? firstPlace(reading.parts[0], asOf, undefined);
  while (place && rows.length <= page.limit) {
    const part = await readPart(reading, place, page.limit + 1 - rows.length);
    rows.push(...part.rows);
    stoppedAt = part.stoppedAt;
    if (stoppedAt) break;
    place = firstPlace(reading.parts[reading.parts.indexOf(place.in) + 1], asOf, newest);
  }
  const shown = rows.slice(0, page.limit);
  // One more than requested shows whether there is a next page.
  const next = rows.length > page.limit ? shown.at(-1)?.after : stoppedAt;
  return {
    items: await withFailures(
      reading,
      shown.map(({ item }) => item),
    ),
    nextCursor: next ? toCursor(JSON.stringify({ ...next, movedUpTo: reading.movedUpTo })) : null,
    asOf: upTo.toISOString(),
  };
}

function readPart(reading: Reading, place: ListPlace, want: number): Promise<Part> {
  switch (place.in) {
    case 'committed':
      return readCommitted(reading, place, want);
    case 'moved':
      return readMoved(reading, place, want);
    case 'failing':
      return readFailing(reading, place, want);
    case 'open':
      return readOpen(reading, place, want);
    case 'closed':
      return reading.filter.error
        ? readFailedWith(reading, place, want, reading.filter.error)
        : readClosed(reading, place, want);
  }
}
