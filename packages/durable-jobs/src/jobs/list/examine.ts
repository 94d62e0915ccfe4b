import type { ListedJob } from './listed-job.ts';
import type { ListPlace } from './list-place.ts';

/**
 * Jobs that are looked at one by one for a page of those that the engine's index can't tell from others. A page may then be
 * shorter than requested, even empty, and still have a next one.
 */
const MOST_EXAMINED = 200;

/** Of those, as many are looked at after a first look that did not find enough. */
const EXAMINED_NEXT = 50;

/** A job in its place: a page that ends with it continues `after`. */
export interface Row {
  item: ListedJob;
  after: ListPlace;
}

/** A run that may match, at its position. */
export interface Candidate {
  id: string;
  runId: string;
  after: ListPlace;
  /** What the index says of one that has ended. */
  ended?: ListedJob | undefined;
}

/** The result of one part of the list. If it stopped before it had enough rows, it continues at `stoppedAt`. */
export interface Part {
  rows: Row[];
  stoppedAt?: ListPlace | undefined;
}

/**
 * Reads candidates and checks which of them are meant, until there are as many as wanted, no more are left, or
 * {@link MOST_EXAMINED} were checked.
 */
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
