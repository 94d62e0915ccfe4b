import { sql } from 'kysely';
import type { Db } from '../database/connect.ts';
import type { WorkItemDefinition } from './define-work-item.ts';
import { findWorkItemByKey, type ShownWorkItem } from './rows.ts';

/** How an item is enqueued. */
export interface EnqueueOptions {
  /** Adds one item for all calls with the same kind and key, for as long as that item is kept. */
  dedupeKey?: string | undefined;
  /** It is not begun before; at once if it is absent. */
  notBefore?: Date | undefined;
}

/**
 * Enqueues an item; within a transaction, together with what it is about. `isNew` is false if the key gave an item that was there before,
 * whatever its payload and time.
 * @throws {ZodError} if the payload does not fit its kind's schema: nothing invalid is ever committed.
 */
export async function enqueueWork<Payload extends object>(
  db: Db,
  { kind, payload: schema }: WorkItemDefinition<Payload>,
  payload: NoInfer<Payload>,
  { dedupeKey, notBefore }: EnqueueOptions = {},
): Promise<{ item: ShownWorkItem; isNew: boolean }> {
  const values = {
    kind,
    payload: JSON.stringify(schema.parse(payload)),
    dedupeKey: dedupeKey ?? null,
    ...(notBefore && { notBefore }),
  };
  // Twice at most: the item that the insert met may have been deleted by the clean-up before it is read.
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
