import { sql } from 'kysely';
import type { Db } from '../database/connect.ts';
import type { Fairness } from '../values/priority.ts';
import type { WorkItemDefinition } from './define-work-item.ts';
import { findWorkItemByKey, type ShownWorkItem } from './rows.ts';
import { urgencyOfWork } from './urgency.ts';

/** Options of enqueueing an item. */
export interface EnqueueOptions {
  /** Adds one item for all calls with the same kind and key, for as long as that item is kept. */
  dedupeKey?: string | undefined;
  /** The earliest time of the first attempt; immediately if it is absent. */
  notBefore?: Date | undefined;
  /** From 1, which comes first, to 5; that of the kind by default, and 3 if it has none. */
  priority?: number | undefined;
  /** The key with which it takes turns with other items; that of the kind by default. It must not be personal data. */
  fairness?: Fairness | undefined;
}

/**
 * Enqueues an item, in the caller's transaction if it has one. `isNew` is false if an item with the same key exists, whatever its payload
 * and time.
 * @throws {ZodError} if the payload does not match the schema of its kind; {@link TypeError} if its priority or fairness is not valid. Nothing
 * invalid is ever committed.
 */
export async function enqueueWork<Payload extends object, Given extends object>(
  db: Db,
  definition: WorkItemDefinition<Payload, Given>,
  payload: NoInfer<Given>,
  { dedupeKey, notBefore, ...given }: EnqueueOptions = {},
): Promise<{ item: ShownWorkItem; isNew: boolean }> {
  // Stored as it is given: the attempt parses it, as it does payloads that SQL wrote.
  const stored = JSON.stringify(payload);
  const { kind } = definition;
  const parsed = definition.payload.parse(JSON.parse(stored));
  const values = {
    kind,
    payload: stored,
    dedupeKey: dedupeKey ?? null,
    ...urgencyOfWork(definition, parsed, given),
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
