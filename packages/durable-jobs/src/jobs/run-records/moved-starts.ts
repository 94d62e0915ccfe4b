import type { Db } from '../../database/connect.ts';

/** A run whose start an operator moved, at its place in the list of them. */
export interface MovedStart {
  jobId: string;
  runId: string;
  place: number;
}

/** Records that the start of a run was moved or paused. An existing record keeps its position. */
export async function noteMovedStart(db: Db, { jobId, runId }: Omit<MovedStart, 'place'>): Promise<void> {
  await db
    .insertInto('movedStarts')
    .values({ jobId, runId })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** The place of the start that was moved last; 0 if none was. */
export async function newestMovedStart(db: Db): Promise<number> {
  const row = await db
    .selectFrom('movedStarts')
    .select('place')
    .orderBy('place', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.place ?? 0;
}

/** Up to `limit` moved starts from a place on, that place included, the newest first. */
export async function listMovedStarts(db: Db, from: number, limit: number): Promise<MovedStart[]> {
  return db
    .selectFrom('movedStarts')
    .select(['jobId', 'runId', 'place'])
    .where('place', '<=', from)
    .orderBy('place', 'desc')
    .limit(limit)
    .execute();
}

/** Of these runs, those whose start was moved by then. */
export async function movedAmong(db: Db, runIds: readonly string[], upTo: number): Promise<Set<string>> {
  if (runIds.length === 0) return new Set();
  const rows = await db
    .selectFrom('movedStarts')
    .select('runId')
    .where('runId', 'in', runIds)
    .where('place', '<=', upTo)
    .execute();
  return new Set(rows.map(({ runId }) => runId));
}

/** Forgets a moved start whose run has ended. */
export async function removeMovedStart(db: Db, runId: string): Promise<void> {
  await db.deleteFrom('movedStarts').where('runId', '=', runId).execute();
}
