import { sql, type Selectable } from 'kysely';
import type { Database, Db } from '../database/schema.ts';
import { type Page, type PageRequest, readPage } from 'durable-jobs/database';

/** A row of `reconciliations`: one comparison with the payment provider. */
export type Reconciliation = Selectable<Database['reconciliations']>;

/** A run goes back slightly further than to the start of the last completed run. */
const OVERLAP = sql`interval '1 hour'`;

/**
 * Records that a run begins, and how far back it looks: `windowMs`, and at least to the last completed run. A repeat finds the run
 * recorded.
 */
export async function beginReconciliation(
  db: Db,
  { id, jobId, windowMs }: { id: string; jobId: string; windowMs: number },
): Promise<void> {
  await sql`
    INSERT INTO reconciliations (id, job_id, window_start)
    VALUES (${id}, ${jobId}, least(
      now() - make_interval(secs => ${windowMs / 1000}::double precision),
      (SELECT max(started_at) - ${OVERLAP} FROM reconciliations WHERE status = 'completed')))
    ON CONFLICT (id) DO NOTHING`.execute(db);
  // A run whose job was terminated has not recorded its end; no run takes this long.
  await sql`
    UPDATE reconciliations SET status = 'failed', ended_at = now()
    WHERE status = 'running' AND started_at < now() - interval '3 days'`.execute(db);
}

/** Returns a run by id, or undefined. */
export async function findReconciliation(db: Db, id: string): Promise<Reconciliation | undefined> {
  return db.selectFrom('reconciliations').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Returns the time before which an order must have changed last for a run to compare it. */
export function quietBefore(run: Reconciliation, quietMs: number) {
  return sql<Date>`(${run.startedAt}::timestamptz - make_interval(secs => ${quietMs / 1000}::double precision))`;
}

/** Counts of a run in progress. */
export interface ReconciliationCounts {
  payments: number;
  refunds: number;
  orders: number;
}

/**
 * Ends a run that compared everything: open findings that it would have found again are resolved. A repeat returns the stored result of the
 * first call.
 */
export async function completeReconciliation(
  db: Db,
  id: string,
  counts: ReconciliationCounts,
  quietMs: number,
): Promise<Reconciliation> {
  return db.transaction().execute(async (trx) => {
    const run = await trx
      .selectFrom('reconciliations')
      .selectAll()
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirstOrThrow();
    if (run.status === 'completed') return run;
    // An order that changed recently was skipped; its findings wait for the next run.
    const { numAffectedRows: resolved } = await sql`
      UPDATE findings SET resolved_at = now()
      WHERE source = 'payments' AND resolved_at IS NULL AND last_seen_at < ${run.startedAt}
        AND NOT EXISTS (SELECT FROM orders
          WHERE orders.id = findings.order_id AND orders.updated_at >= ${quietBefore(run, quietMs)})`.execute(
      trx,
    );
    const { rows } = await sql<{ found: number; repaired: number; open: number }>`
      SELECT count(*) FILTER (WHERE first_run_id = ${id}) AS found,
        count(*) FILTER (WHERE first_run_id = ${id} AND repair IS NOT NULL) AS repaired,
        count(*) FILTER (WHERE resolved_at IS NULL) AS open
      FROM findings WHERE source = 'payments' AND (first_run_id = ${id} OR resolved_at IS NULL)`.execute(trx);
    return trx
      .updateTable('reconciliations')
      .set({
        status: 'completed',
        endedAt: sql<Date>`now()`,
        ...counts,
        ...rows[0],
        resolved: Number(resolved ?? 0),
      })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow();
  });
}

/** Records that a run ended without having compared everything. */
export async function abandonReconciliation(
  db: Db,
  id: string,
  status: 'failed' | 'cancelled',
): Promise<void> {
  await db
    .updateTable('reconciliations')
    .set({ status, endedAt: sql<Date>`now()` })
    .where('id', '=', id)
    .where('status', '=', 'running')
    .execute();
}

/** Records that a run has seen a finding. */
export async function linkFinding(db: Db, reconciliationId: string, findingId: string): Promise<void> {
  await db
    .insertInto('reconciliationFindings')
    .values({ reconciliationId, findingId })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Returns a page of runs, newest first. */
export async function listReconciliations(db: Db, page: PageRequest): Promise<Page<Reconciliation>> {
  const query = db.selectFrom('reconciliations').selectAll();
  return readPage(query, { at: 'reconciliations.startedAt', id: 'reconciliations.id' }, page);
}
