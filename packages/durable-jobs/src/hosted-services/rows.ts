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

/** The stored state of one worker's share of a service that runs on every worker. */
export type ShareRow = Omit<Selectable<LibraryDatabase['hostedServiceWorkers']>, 'serviceId'>;

/** Interval at which a worker records that its share is running. */
export const SHARE_BEAT_MS = 5_000;

/** Time after which a share without such a record is considered gone. */
const SHARE_GONE_SECONDS = 15;

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

/** Returns the running shares of these services, by service, oldest first. */
export async function readShares(db: Db, ids: readonly string[]): Promise<Map<string, ShareRow[]>> {
  const rows = await db
    .selectFrom('hostedServiceWorkers')
    .selectAll()
    .where('serviceId', 'in', ids)
    .where('seenAt', '>', sql<Date>`now() - make_interval(secs => ${SHARE_GONE_SECONDS})`)
    .orderBy('startedAt')
    .orderBy('worker')
    .execute();
  const shares = new Map<string, ShareRow[]>();
  for (const { serviceId, ...share } of rows) {
    const others = shares.get(serviceId);
    if (others) others.push(share);
    else shares.set(serviceId, [share]);
  }
  return shares;
}

/**
 * Records that a worker's share is running, and deletes the shares of dead workers. A share that was considered dead appears again. Returns
 * whether an operator has paused the service.
 */
export async function noteShare(
  db: Db,
  { serviceId, worker }: { serviceId: string; worker: string },
): Promise<boolean> {
  const { rows } = await sql<{ paused: boolean }>`
    WITH seen AS (
      INSERT INTO hosted_service_workers (service_id, worker) VALUES (${serviceId}, ${worker})
      ON CONFLICT (service_id, worker) DO UPDATE SET seen_at = now()),
    gone AS (
      DELETE FROM hosted_service_workers
      WHERE service_id = ${serviceId} AND worker <> ${worker} AND seen_at < now() - interval '1 minute')
    SELECT paused_at IS NOT NULL AS paused FROM hosted_services WHERE id = ${serviceId}`.execute(db);
  return rows[0]?.paused ?? false;
}

/** Returns whether an operator has paused a service. */
export async function isHeldBack(db: Db, id: string): Promise<boolean> {
  const row = await db
    .selectFrom('hostedServices')
    .select('pausedAt')
    .where('id', '=', id)
    .executeTakeFirst();
  return (row?.pausedAt ?? null) !== null;
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
