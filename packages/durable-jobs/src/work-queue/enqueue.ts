import { sql } from 'kysely';
import type { Db } from '../database/connect.ts';
import type { WorkItemDefinition } from './define-work-item.ts';
import { findWorkItemByKey, type ShownWorkItem } from './rows.ts';

/** Options of enqueueing an item. */
export interface EnqueueOptions {
  /** Adds one item for all calls with the same kind and key, for as long as that item is kept. */
  dedupeKey?: string | undefined;
  /** The earliest time of the first attempt; immediately if it is absent. */
  notBefore?: Date | undefined;
}

/**
 * Enqueues an item, in the caller's transaction if it has one. `isNew` is false if an item with the same key exists, whatever its payload
 * and time.
 * @throws {ZodError} if the payload does not match the schema of its kind. Nothing invalid is ever committed.
 */
export async function enqueueWork<Payload extends object, Given extends object>(
  db: Db,
  { kind, payload: schema }: WorkItemDefinition<Payload, Given>,
  payload: NoInfer<Given>,
  { dedupeKey, notBefore }: EnqueueOptions = {},
): Promise<{ item: ShownWorkItem; isNew: boolean }> {
  // Stored as it is given: the attempt parses it, as it does payloads that SQL wrote.
  const stored = JSON.stringify(payload);
  schema.parse(JSON.parse(stored));
  const values = {
    kind,
    payload: stored,
    dedupeKey: dedupeKey ?? null,
    ...(notBefore && { notBefore }),
  };
  // At most twice: the clean-up may delete the existing item between the insert and the read.
  for (;;) {
    const made = await db
      .insertInto('workItems')
      .values(values)
      .onConflict((conflict) =>
        conflict
          .columns(['kind', 'dedupeKey'])
          .where(sql<boolean>`dedupe_key IS NOT NULL`)
          .doNothing(),
      )
      .returningAll()
      .executeTakeFirst();
    if (made) return { item: made, isNew: true };
    const kept = await findWorkItemByKey(db, kind, dedupeKey ?? '');
    if (kept) return { item: kept, isNew: false };
  }
}
