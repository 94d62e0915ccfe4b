import { sql, type Selectable } from 'kysely';
import type { Database, Db } from '../database/schema.ts';
import {
  jsonUpTo,
  LISTED_BYTES,
  listedText,
  omittedOf,
  type Page,
  type PageRequest,
  readPage,
} from 'durable-jobs/database';

/** A row of `findings`: something that is not as it should be. */
export type Finding = Selectable<Database['findings']>;

/** A finding as it is shown. */
export interface ShownFinding extends Omit<Finding, 'details'> {
  details: Finding['details'] | null;
  /** `details` if they are null because they are too large. */
  omitted: string[];
}

/** A discrepancy that a run found. */
export interface Sighting {
  source: Finding['source'];
  kind: string;
  subject: string;
  orderId: string | null;
  details: Record<string, string | number | null>;
  /** The repair that was made; null if an operator has to repair it. */
  repair: string | null;
  /** Whether the repair resolves it. */
  resolved: boolean;
  runId: string;
}

/**
 * Records what a run found. Source, kind and subject are a finding's key while it is open: it is recorded once, however many runs find it.
 * If it occurs again after it was resolved, it is a new finding.
 */
export async function recordFinding(db: Db, sighting: Sighting): Promise<string> {
  const details = JSON.stringify(sighting.details);
  const resolvedAt = sighting.resolved ? sql<Date>`now()` : null;
  const { id } = await db
    .insertInto('findings')
    .values({
      source: sighting.source,
      kind: sighting.kind,
      subject: sighting.subject,
      orderId: sighting.orderId,
      details,
      repair: sighting.repair,
      firstRunId: sighting.runId,
      lastRunId: sighting.runId,
      resolvedAt,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['source', 'kind', 'subject'])
        .where('resolvedAt', 'is', null)
        .doUpdateSet({
          details,
          lastRunId: sighting.runId,
          lastSeenAt: sql<Date>`now()`,
          resolvedAt,
          repair: sql<string | null>`coalesce(excluded.repair, findings.repair)`,
        }),
    )
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

/**
 * Resolves the findings that a maintenance that began at `startedAt` (ISO 8601) did not find again, and counts its findings. A repeat
 * resolves nothing more, and returns the same counts.
 */
export async function settleFindings(
  db: Db,
  { maintenanceId, startedAt }: { maintenanceId: string; startedAt: string },
): Promise<{ found: number; resolved: number; open: number }> {
  await sql`
    UPDATE findings SET resolved_at = now(), last_run_id = ${maintenanceId}
    WHERE source = 'maintenance' AND resolved_at IS NULL
      AND last_run_id <> ${maintenanceId} AND last_seen_at < ${startedAt}::timestamptz`.execute(db);
  const { rows } = await sql<{ found: number; resolved: number; open: number }>`
    SELECT count(*) FILTER (WHERE first_run_id = ${maintenanceId}) AS found,
      count(*) FILTER (WHERE last_run_id = ${maintenanceId} AND resolved_at IS NOT NULL) AS resolved,
      count(*) FILTER (WHERE resolved_at IS NULL) AS open
    FROM findings
    WHERE source = 'maintenance'
      AND (resolved_at IS NULL OR (resolved_at IS NOT NULL AND last_run_id = ${maintenanceId}))`.execute(db);
  return rows[0] ?? { found: 0, resolved: 0, open: 0 };
}

const columns = [
  'id',
  'source',
  'kind',
  'orderId',
  'repair',
  'firstRunId',
  'lastRunId',
  'firstSeenAt',
  'lastSeenAt',
  'resolvedAt',
] as const;

/** Filters of the list of findings. */
export interface FindingFilter {
  source?: Finding['source'];
  /** Only open ones, or only resolved ones. */
  open?: boolean;
  /** Only those of this reconciliation. */
  reconciliationId?: string;
}

/** Returns a page of findings, newest first. */
export async function listFindings(
  db: Db,
  filter: FindingFilter,
  page: PageRequest,
): Promise<Page<ShownFinding>> {
  const { source, open, reconciliationId } = filter;
  let query = db
    .selectFrom('findings')
    .select(columns)
    .select([
      listedText<string>('subject').as('subject'),
      jsonUpTo<Finding['details']>('details', LISTED_BYTES).as('details'),
      omittedOf(['details'], LISTED_BYTES).as('omitted'),
    ]);
  if (source !== undefined) query = query.where('source', '=', source);
  if (open !== undefined) query = query.where('resolvedAt', open ? 'is' : 'is not', null);
  if (reconciliationId !== undefined) {
    query = query.where('id', 'in', (eb) =>
      eb
        .selectFrom('reconciliationFindings')
        .select('findingId')
        .where('reconciliationId', '=', reconciliationId),
    );
  }
  return readPage(query, { at: 'findings.firstSeenAt', id: 'findings.id' }, page);
}
