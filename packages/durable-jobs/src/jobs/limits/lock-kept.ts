import { sql, type RawBuilder } from 'kysely';
import type { Trx } from '../../database/connect.ts';
import type { MergedStart } from '../outbox/replace-starts.ts';
import { areKept } from '../outbox/still-to-make.ts';

/** Starts that have not expired. */
export const hasNotExpired = sql<boolean>`(expires_at IS NULL OR expires_at > now())`;

/** Locks those of the starts at a limit that keeps one which wait and have not expired, and returns them by their ids; not those that others have locked. */
export async function lockKept(trx: Trx, keptKey: string, ids?: readonly number[]): Promise<MergedStart[]> {
  const isMeant: RawBuilder<boolean> = ids === undefined ? sql`true` : sql`id = ANY(${ids}::bigint[])`;
  const { rows } = await sql<MergedStart>`
    WITH waiting AS MATERIALIZED (
      SELECT id, job_id, merge_id, expires_at FROM outbox
      WHERE kept_key = ${keptKey} AND ${areKept} AND ${hasNotExpired} AND ${isMeant}
      ORDER BY id FOR UPDATE SKIP LOCKED)
    SELECT id, job_id AS "jobId", merge_id AS "mergeId", expires_at AS "expiresAt" FROM waiting ORDER BY id`.execute(
    trx,
  );
  return rows;
}
