import { listCommittedStarts, oldestCommittedStart, type CommittedStart } from '../outbox/find.ts';
import { begunSince } from './begun-since.ts';
import type { ListPlace, PlaceIn } from './list-place.ts';
import type { Part } from './examine.ts';
import type { Reading } from './reading.ts';
import { presentStart } from './listed-job.ts';

/** Whether the committed starts of a status are held; all if it is undefined. */
const isHeldOf: Record<string, boolean | undefined> = { scheduled: false, waiting: true };

/** Reads starts that are committed and not made. A start whose job is already running, which it would only signal, is omitted. */
export async function readCommitted(
  { db, client, filter }: Reading,
  { asOf, place }: PlaceIn<'committed'>,
  want: number,
): Promise<Part> {
  const oldest = place?.oldest ?? (await oldestCommittedStart(db));
  if (oldest === undefined) return { rows: [] };
  const after = place && { ...place, asOf: new Date(asOf) };
  const starts = await listCommittedStarts(
    db,
    { ...filter, isHeld: isHeldOf[filter.status ?? ''] },
    { limit: want, after },
  );
  const begun = await begunSince(client, starts);
  const placeOf = ({ entryId }: CommittedStart): ListPlace => ({
    in: 'committed',
    asOf,
    place: { entryId, oldest },
  });
  const rows = starts
    .filter(({ jobId }) => !begun.has(jobId))
    .map((start) => ({ item: presentStart(start), after: placeOf(start) }));
  const last = starts.at(-1);
  return {
    rows,
    stoppedAt: last && starts.length === want && rows.length < want ? placeOf(last) : undefined,
  };
}
