import { sql } from 'kysely';
import { ago, deleteBatch, type DeleteBatch } from '../database/delete-batch.ts';

/** How long an expired key may still count as valid for an open request, or by a clock that is slightly off. */
const KEY_GRACE_MS = 3_600_000;

/**
 * Deletes idempotency keys that have expired. A request that finds an expired key takes it over: it holds the key's lock, and the key is
 * valid again when the lock is released. The additional hour covers requests that began before.
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
