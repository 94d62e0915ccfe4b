import { sql, type RawBuilder } from 'kysely';
import type { Db, Trx } from '../database/connect.ts';
import { Problem } from '../http/problem.ts';

/** Lease of an upload. It outlasts a restart or an overload of the database or the process. */
const LEASE_SECONDS = 60;

const leaseEnd: RawBuilder<Date> = sql`now() + make_interval(secs => ${LEASE_SECONDS})`;

/** Thrown if the upload was abandoned, or a batch of it was lost in a database failover: no more items can be added. */
export class UploadLostError extends Problem {
  override readonly name = 'UploadLostError';
  readonly uploadId: string;

  constructor(uploadId: string) {
    super(
      'databaseUnavailable',
      'The database or this process was unavailable for too long. Nothing was stored: send the items again.',
      { headers: { 'Retry-After': '5' } },
    );
    this.uploadId = uploadId;
  }
}

/**
 * Begins an upload, whose id becomes the bulk job's id. It must be renewed until it is finished or abandoned; the clean-up abandons uploads
 * whose process died.
 */
export async function beginUpload(db: Db, id: string): Promise<void> {
  await db.insertInto('bulkUploads').values({ id, leaseExpiresAt: leaseEnd }).execute();
}

/** Renews the lease of an upload. Returns false if it was abandoned. */
export async function renewUpload(db: Db, id: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('bulkUploads')
    .set({ leaseExpiresAt: leaseEnd })
    .where('id', '=', id)
    .where('abandonedAt', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/**
 * Adds items to an upload, the first at `position`, and renews its lease. `payloads` are JSON texts.
 * @throws {UploadLostError} if the upload was abandoned, or does not contain exactly the items before `position`.
 */
export async function addUploadedItems(
  db: Db,
  id: string,
  position: number,
  payloads: readonly string[],
): Promise<void> {
  const { numAffectedRows } = await sql`
    WITH upload AS (
      UPDATE bulk_uploads SET received = received + ${payloads.length}::integer, lease_expires_at = ${leaseEnd}
      WHERE id = ${id} AND abandoned_at IS NULL AND received = ${position}::integer
      RETURNING id)
    INSERT INTO bulk_items (bulk_job_id, position, payload)
    SELECT upload.id, ${position}::integer + index - 1, payload::jsonb
    FROM upload, unnest(${payloads}::text[]) WITH ORDINALITY AS item (payload, index)`.execute(db);
  if (numAffectedRows !== BigInt(payloads.length)) throw new UploadLostError(id);
}

/**
 * Ends an upload in the transaction that creates its bulk job.
 * @throws {UploadLostError} if it was abandoned, or does not have `received` items.
 */
export async function finishUpload(trx: Trx, id: string, received: number): Promise<void> {
  const { numDeletedRows } = await trx
    .deleteFrom('bulkUploads')
    .where('id', '=', id)
    .where('abandonedAt', 'is', null)
    .where('received', '=', received)
    .executeTakeFirst();
  if (numDeletedRows === 0n) throw new UploadLostError(id);
}

/** Abandons an upload, so that nothing can be added to it. A finished upload is left unchanged: its items belong to its job. */
export async function abandonUpload(db: Db, id: string): Promise<void> {
  await abandonUploads(db).where('id', '=', id).execute();
}

/** Abandons uploads whose lease has expired. */
export async function abandonLapsedUploads(db: Db): Promise<void> {
  await abandonUploads(db)
    .where('leaseExpiresAt', '<', sql<Date>`now()`)
    .execute();
}

function abandonUploads(db: Db) {
  return db
    .updateTable('bulkUploads')
    .set({ abandonedAt: sql<Date>`now()` })
    .where('abandonedAt', 'is', null);
}

/**
 * Deletes the last items of an abandoned upload, at most `limit`, and returns how many. Skips an upload whose items another process is
 * deleting.
 */
export async function deleteAbandonedItems(db: Db, limit: number, id?: string): Promise<number> {
  const { numAffectedRows } = await sql`
    WITH upload AS MATERIALIZED (
      SELECT id FROM bulk_uploads
      WHERE abandoned_at IS NOT NULL AND received > 0 AND id = coalesce(${id ?? null}::uuid, id)
      LIMIT 1 FOR UPDATE SKIP LOCKED),
    shortened AS (
      UPDATE bulk_uploads SET received = greatest(received - ${limit}::integer, 0)
      FROM upload WHERE bulk_uploads.id = upload.id
      RETURNING bulk_uploads.id, received)
    DELETE FROM bulk_items USING shortened
    WHERE bulk_job_id = shortened.id AND position >= shortened.received`.execute(db);
  return Number(numAffectedRows ?? 0);
}

/** Deletes abandoned uploads without items, at most `limit`, and returns how many. */
export async function deleteAbandonedUploads(db: Db, limit: number, id?: string): Promise<number> {
  const { numAffectedRows } = await sql`
    WITH batch AS MATERIALIZED (
      SELECT id FROM bulk_uploads
      WHERE abandoned_at IS NOT NULL AND received = 0 AND id = coalesce(${id ?? null}::uuid, id)
      LIMIT ${limit} FOR UPDATE SKIP LOCKED)
    DELETE FROM bulk_uploads USING batch WHERE bulk_uploads.id = batch.id`.execute(db);
  return Number(numAffectedRows ?? 0);
}
