import { sql, type Selectable } from 'kysely';
import type { Db } from '../database/connect.ts';
import type { LibraryDatabase } from '../database/schema.ts';
import { SERVICE_CHANNEL } from './channel.ts';
import { SERVICE_LOCK } from './lock.ts';

/** The stored state of a service, and whether it is running now. */
export type HostedServiceRow = Omit<Selectable<LibraryDatabase['hostedServices']>, 'id'> & {
  /** Whether its lock is held: a row may belong to a dead process, but a lock can't. */
  running: boolean;
};

/** The state of a service that never ran. */
const neverRan: HostedServiceRow = {
  worker: null,
  startedAt: null,
  endedAt: null,
  busy: false,
  processed: 0,
  failed: 0,
  lastActivityAt: null,
  lastError: null,
  lastErrorAt: null,
  pausedAt: null,
  running: false,
};

/** Returns the stored state of these services. */
export async function readHostedServices(
  db: Db,
  ids: readonly string[],
): Promise<Map<string, HostedServiceRow>> {
  const rows = await db
    .selectFrom('hostedServices')
    .selectAll()
    .select(
      // The keys of an advisory lock are shown as unsigned numbers.
      sql<boolean>`EXISTS (
        SELECT FROM pg_locks
        WHERE locktype = 'advisory' AND granted AND objsubid = 2
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND classid::bigint = ${SERVICE_LOCK} AND objid::bigint = hashtext(id)::bigint & 4294967295)`.as(
        'running',
      ),
    )
    .where('id', 'in', ids)
    .execute();
  const byId = new Map(rows.map(({ id, ...row }) => [id, row]));
  return new Map(ids.map((id) => [id, byId.get(id) ?? neverRan]));
}

/**
 * Records that an operator has paused or resumed a service, and notifies its run. The workflow is authoritative, so signal it first.
 */
export async function setPaused(db: Db, id: string, paused: boolean): Promise<void> {
  await db
    .insertInto('hostedServices')
    .values({ id, pausedAt: paused ? sql<Date>`now()` : null })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet({
        pausedAt: paused ? sql<Date>`coalesce(hosted_services.paused_at, now())` : null,
      }),
    )
    .returning(sql`pg_notify(${SERVICE_CHANNEL}, id)`.as('notified'))
    .execute();
}

/** Makes the run of a service ask the engine now whether it must end, rather than at its next heartbeat. */
export async function notifyService(db: Db, id: string): Promise<void> {
  await sql`SELECT pg_notify(${SERVICE_CHANNEL}, ${id})`.execute(db);
}
