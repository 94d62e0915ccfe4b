import { sql } from 'kysely';
import type { PrunedRows } from '../../contracts/jobs/run-maintenance.ts';
import type { ShopWorkerConfig } from '../config.ts';
import type { Db } from '../database/schema.ts';
import { closedOrderStatuses, sqlStatuses } from '../orders/order-status.ts';
import { ago, deleteBatch, type DeleteBatch } from 'durable-jobs/database';

/** The settings that say what is old, in milliseconds. */
export type ArchiveSettings = Pick<
  ShopWorkerConfig,
  'ARCHIVE_AFTER' | 'ARCHIVE_RETENTION' | 'FINDINGS_RETENTION'
>;

const closed = sqlStatuses(closedOrderStatuses);

/**
 * Moves at most `limit` payment attempts of orders that were closed long ago to the archive, with one statement; returns their number.
 * Attempts grow without limit, and daily work does not read those of closed orders: such an order is only charged again if an operator
 * reopens it. The order itself, its items and its payment are kept for accounting.
 *
 * Attempts are numbered from those in the archive on. Attempts that were numbered from 1 again, as earlier releases did for a reopened
 * order, are archived with the next numbers. A number that is in use fails the statement, which then has moved nothing.
 */
export async function archivePaymentAttempts(
  db: Db,
  settings: ArchiveSettings,
  limit: number,
): Promise<number> {
  const { numAffectedRows } = await sql`
    WITH batch AS MATERIALIZED (
      SELECT attempt.order_id, attempt.revision, attempt.attempt
      FROM payment_attempts AS attempt JOIN orders ON orders.id = attempt.order_id
      WHERE attempt.started_at < ${ago(settings.ARCHIVE_AFTER)}
        AND orders.updated_at < ${ago(settings.ARCHIVE_AFTER)} AND orders.status IN (${closed})
      ORDER BY attempt.started_at LIMIT ${limit} FOR UPDATE OF attempt SKIP LOCKED),
    moved AS (
      DELETE FROM payment_attempts AS attempt USING batch
      WHERE attempt.order_id = batch.order_id AND attempt.revision = batch.revision
        AND attempt.attempt = batch.attempt
      RETURNING attempt.*)
    INSERT INTO archived_payment_attempts
      (order_id, revision, attempt, started_at, ended_at, outcome, error_code, error_message)
    SELECT moved.order_id, moved.revision,
      moved.attempt + CASE WHEN bool_or(taken.there) OVER same_card THEN archived.last ELSE 0 END,
      moved.started_at, moved.ended_at, moved.outcome, moved.error_code, moved.error_message
    FROM moved
    CROSS JOIN LATERAL (
      SELECT coalesce(max(attempt), 0) AS last FROM archived_payment_attempts
      WHERE order_id = moved.order_id AND revision = moved.revision) AS archived
    CROSS JOIN LATERAL (
      SELECT EXISTS (SELECT FROM archived_payment_attempts
        WHERE order_id = moved.order_id AND revision = moved.revision AND attempt = moved.attempt) AS there) AS taken
    WINDOW same_card AS (PARTITION BY moved.order_id, moved.revision)`.execute(db);
  return Number(numAffectedRows ?? 0);
}

/** The pruned tables, in order: rows that are too old even for an archive. */
export const prunedRows = {
  archivedPaymentAttempts: (db, { ARCHIVE_RETENTION }, limit) =>
    deleteBatch(
      db,
      {
        table: 'archived_payment_attempts',
        key: ['order_id', 'revision', 'attempt'],
        where: sql`archived_at < ${ago(ARCHIVE_RETENTION)}`,
        orderBy: 'archived_at',
      },
      limit,
    ),

  /** The newest completed one is kept: the next one goes back to it. */
  reconciliations: (db, { FINDINGS_RETENTION }, limit) =>
    deleteBatch(
      db,
      {
        table: 'reconciliations',
        key: ['id'],
        where: sql`started_at < ${ago(FINDINGS_RETENTION)}
          AND started_at < (SELECT max(started_at) FROM reconciliations WHERE status = 'completed')`,
        orderBy: 'started_at',
      },
      limit,
    ),

  /** Open ones are kept without limit. */
  resolvedFindings: (db, { FINDINGS_RETENTION }, limit) =>
    deleteBatch(
      db,
      { table: 'findings', key: ['id'], where: sql`resolved_at < ${ago(FINDINGS_RETENTION)}` },
      limit,
    ),

  /** A copy, with its refunds: a reconciliation that needs one of them requests it from the provider again. */
  mirroredPayments: async (db, { FINDINGS_RETENTION }, limit) => {
    const { numAffectedRows } = await sql`
      WITH batch AS MATERIALIZED (
        SELECT intent_id FROM provider_payments
        WHERE seen_at < ${ago(FINDINGS_RETENTION)} ORDER BY seen_at LIMIT ${limit} FOR UPDATE SKIP LOCKED),
      refunds AS (
        DELETE FROM provider_refunds USING batch WHERE provider_refunds.intent_id = batch.intent_id)
      DELETE FROM provider_payments USING batch WHERE provider_payments.intent_id = batch.intent_id`.execute(
      db,
    );
    return Number(numAffectedRows ?? 0);
  },
} satisfies Record<keyof PrunedRows, DeleteBatch<ArchiveSettings, Db>>;

/** Returns the tables of the application and the library, by name, except for those of the migrator. */
export async function listTables(db: Db): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    SELECT relname AS name FROM pg_class
    WHERE relnamespace::regnamespace::name = ANY (current_schemas(false)) AND relkind IN ('r', 'p', 'm')
      AND relname NOT LIKE 'kysely%' AND relname NOT IN ('migrations', 'migration_lock')
    ORDER BY relname`.execute(db);
  return rows.map((row) => row.name);
}

/** Updates the statistics of PostgreSQL's planner. It reads a sample, and blocks neither reads nor writes. */
export async function analyzeTable(db: Db, table: string): Promise<void> {
  await sql`ANALYZE ${sql.id(table)}`.execute(db);
}
