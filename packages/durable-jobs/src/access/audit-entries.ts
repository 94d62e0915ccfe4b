import { randomUUID } from 'node:crypto';
import { sql, type Selectable } from 'kysely';
import type { Db, Trx } from '../database/connect.ts';
import { withPrepared } from '../database/prepared.ts';
import type { LibraryDatabase } from '../database/schema.ts';
import { readPage, type Page, type PageRequest } from '../database/pages.ts';

/** A row of the audit trail. */
export type AuditEntry = Selectable<LibraryDatabase['auditEntries']>;

/** How a write ended; null if its process died before it recorded the end. */
export type AuditOutcome = AuditEntry['outcome'];

/** What is known about a write before it is made. */
export interface AuditBeginning {
  actor: { id: string; name: string };
  /** The target: a path without its query, or the name of a command. */
  target: string;
  action?: string;
  params?: Record<string, string>;
  reason?: string | undefined;
  requestId?: string;
}

/** What is known about a write afterwards. */
export interface AuditEnd {
  outcome: NonNullable<AuditOutcome>;
  status?: number;
  problemCode?: string | undefined;
  action?: string | undefined;
  params?: Record<string, string> | undefined;
  reason?: string | undefined;
}

/** Inserts the entry of an action that is about to begin. Returns its id. */
export async function beginAuditEntry(db: Db | Trx, beginning: AuditBeginning): Promise<string> {
  const [id = ''] = await beginAuditEntries(db, [beginning]);
  return id;
}

/** Inserts the entries of actions that are about to begin. Returns their ids in the same order. */
export async function beginAuditEntries(
  db: Db | Trx,
  beginnings: readonly AuditBeginning[],
): Promise<string[]> {
  const rows = beginnings.map(rowOf);
  // One text for any number of entries, so that it is prepared.
  const insert = sql`
    INSERT INTO audit_entries (id, actor_id, actor_name, target, action, params, reason, request_id)
    SELECT id, "actorId", "actorName", target, action, params, reason, "requestId"
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS begun(
      id uuid, "actorId" text, "actorName" text, target text, action text, params jsonb, reason text, "requestId" text)`;
  await withPrepared(() => insert.execute(db));
  return rows.map(({ id }) => id);
}

function rowOf({ actor, target, action, params, reason, requestId }: AuditBeginning) {
  return {
    id: randomUUID(),
    actorId: actor.id,
    actorName: actor.name,
    target,
    action: action ?? null,
    params: params ?? {},
    reason: reason ?? null,
    requestId: requestId ?? null,
  };
}

/** Adds the outcome to an entry. Fields that are not given keep their values. */
export async function endAuditEntry(db: Db | Trx, id: string, end: AuditEnd): Promise<void> {
  await endAuditEntries(db, [{ id, ...end }]);
}

/**
 * Adds the outcomes to entries, as {@link endAuditEntry} does. Each is found by its id: PostgreSQL expects a hundred rows of any JSON, and to
 * join those it may read the whole trail.
 */
export async function endAuditEntries(
  db: Db | Trx,
  ends: readonly (AuditEnd & { id: string })[],
): Promise<void> {
  const update = sql`
    UPDATE audit_entries AS entry SET
      outcome = ended.outcome, status = ended.status, problem_code = ended."problemCode", ended_at = clock_timestamp(),
      action = coalesce(ended.action, entry.action), params = coalesce(ended.params, entry.params),
      reason = coalesce(ended.reason, entry.reason)
    FROM jsonb_to_recordset(${JSON.stringify(ends)}::jsonb) AS ended(
      id uuid, outcome text, status integer, "problemCode" text, action text, params jsonb, reason text)
    WHERE entry.id = ANY(${ends.map(({ id }) => id)}::uuid[]) AND entry.id = ended.id`;
  await withPrepared(() => update.execute(db));
}

/** Inserts the entry of an action that the caller's own transaction performs, so that both are committed or neither is. */
export async function recordAuditEntry(
  trx: Trx,
  entry: AuditBeginning & { outcome: NonNullable<AuditOutcome> },
): Promise<void> {
  await endAuditEntry(trx, await beginAuditEntry(trx, entry), { outcome: entry.outcome });
}

/** Which entries to list. */
export interface AuditFilter {
  /** Id or name of the actor. */
  who?: string | undefined;
  /** An action as the list shows it, such as `POST /api/jobs/:id/cancel`, or an id in its path. */
  what?: string | undefined;
  from?: Date | undefined;
  to?: Date | undefined;
  outcome?: NonNullable<AuditOutcome> | 'unknown' | undefined;
}

/** Returns a page of the audit trail, newest first. */
export async function listAuditEntries(
  db: Db,
  { who, what, from, to, outcome }: AuditFilter,
  page: PageRequest,
): Promise<Page<AuditEntry>> {
  let query = db.selectFrom('auditEntries').selectAll();
  if (who !== undefined)
    query = query.where((eb) => eb.or([eb('actorId', '=', who), eb('actorName', '=', who)]));
  if (what !== undefined) {
    query = query.where((eb) =>
      eb.or([
        eb('action', '=', what),
        eb('target', '=', what),
        // Must match the expression of the index.
        sql<boolean>`jsonb_path_query_array(params, '$.*') @> ${JSON.stringify([what])}::jsonb`,
      ]),
    );
  }
  if (from !== undefined) query = query.where('at', '>=', from);
  if (to !== undefined) query = query.where('at', '<', to);
  if (outcome !== undefined) {
    query = outcome === 'unknown' ? query.where('outcome', 'is', null) : query.where('outcome', '=', outcome);
  }
  return readPage(query, { at: 'auditEntries.at', id: 'auditEntries.id' }, page);
}
