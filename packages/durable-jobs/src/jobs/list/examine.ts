import type { ListedJob } from './listed-job.ts';
import type { ListPlace } from './list-place.ts';

/**
 * Maximum number of jobs that are examined for one page if the engine's index cannot distinguish the matching ones. A page may then be
 * shorter than requested, even empty, and still have a next one.
 */
const MOST_EXAMINED = 200;

/** The number of jobs that are examined next, if the first ones did not contain enough. */
const EXAMINED_NEXT = 50;

/** A job with its position: a page that ends with it continues at `after`. */
export interface Row {
  item: ListedJob;
  after: ListPlace;
}

/** A run that may match, with its position. */
export interface Candidate {
  id: string;
  runId: string;
  after: ListPlace;
  /** The job as in the index, if it has ended. */
  ended?: ListedJob | undefined;
}

/** The result of one part of the list. If it stopped before it had enough rows, it continues at `stoppedAt`. */
export interface Part {
  rows: Row[];
  stoppedAt?: ListPlace | undefined;
}

/** Reads and checks candidates until enough of them match, no more are left, or {@link MOST_EXAMINED} were checked. */
export async function examine<P extends ListPlace>(
  first: P,
  want: number,
  {
    read,
    check,
  }: {
    read: (place: P, limit: number) => Promise<Candidate[]>;
    check: (candidates: readonly Candidate[]) => Promise<(ListedJob | undefined)[]>;
  },
): Promise<Part> {
  const rows: Row[] = [];
  let place = first;
  for (let examined = 0, limit = want; ; limit = EXAMINED_NEXT) {
    const candidates = await read(place, limit);
    const items = await check(candidates);
    for (const [index, { after }] of candidates.entries()) {
      const item = items[index];
      if (item) rows.push({ item, after });
    }
    if (rows.length >= want) return { rows: rows.slice(0, want) };
    const last = candidates.at(-1);
    if (!last || candidates.length < limit) return { rows };
    examined += candidates.length;
    place = last.after as P;
    if (examined >= MOST_EXAMINED) return { rows, stoppedAt: place };
  }
}
