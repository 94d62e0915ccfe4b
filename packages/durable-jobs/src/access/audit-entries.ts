import { sql, type Selectable } from 'kysely';
import type { Db, Trx } from '../database/connect.ts';
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
  const { id } = await db
    .insertInto('auditEntries')
    .values({
      actorId: beginning.actor.id,
      actorName: beginning.actor.name,
      target: beginning.target,
      action: beginning.action ?? null,
      params: JSON.stringify(beginning.params ?? {}),
      reason: beginning.reason ?? null,
      requestId: beginning.requestId ?? null,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

/** Adds the outcome to an entry. Fields that are not given keep their values. */
export async function endAuditEntry(db: Db | Trx, id: string, end: AuditEnd): Promise<void> {
  await db
    .updateTable('auditEntries')
    .set({
      outcome: end.outcome,
      status: end.status ?? null,
      problemCode: end.problemCode ?? null,
      endedAt: sql<Date>`clock_timestamp()`,
      ...(end.action !== undefined && { action: end.action }),
      ...(end.params !== undefined && { params: JSON.stringify(end.params) }),
      ...(end.reason !== undefined && { reason: end.reason }),
    })
    .where('id', '=', id)
    .execute();
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
