import { sql } from 'kysely';
import { ago, deleteBatch, type DeleteBatch } from '../database/delete-batch.ts';

/** What a request that is in progress, or a clock that is a little off, may still believe of a key that has expired. */
const KEY_GRACE_MS = 3_600_000;

/**
 * Deletes idempotency keys that have expired. A request that finds an expired key takes it over: it holds the key's lock, and the key
 * is alive again when the lock is gone. The hour on top is for a request that began before.
 */
export const deleteExpiredKeys: DeleteBatch<unknown> = (db, _settings, limit) =>
  deleteBatch(
    db,
    {
      table: 'idempotency_keys',
      key: ['scope', 'key'],
      where: sql`expires_at < ${ago(KEY_GRACE_MS)}`,
      orderBy: 'expires_at',
    },
    limit,
  );
