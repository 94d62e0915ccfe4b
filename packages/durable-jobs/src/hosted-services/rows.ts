import { sql, type Selectable } from 'kysely';
import type { Db } from '../database/connect.ts';
import type { LibraryDatabase } from '../database/schema.ts';
import { SERVICE_LOCK } from './lock.ts';

/** What is known of a service, and whether somebody runs it now. */
export type HostedServiceRow = Omit<Selectable<LibraryDatabase['hostedServices']>, 'id'> & {
  /** Whether its lock is held: a row may be that of a process which is gone, a lock is not. */
  running: boolean;
};

/** What a service is that never ran. */
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

/** What is known of these services. */
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

/** Notes that an operator holds a service back, or does not any more. The workflow knows it too, and decides. */
export async function setPaused(db: Db, id: string, paused: boolean): Promise<void> {
  await db
    .insertInto('hostedServices')
    .values({ id, pausedAt: paused ? sql<Date>`now()` : null })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet({
        pausedAt: paused ? sql<Date>`coalesce(hosted_services.paused_at, now())` : null,
      }),
    )
    .execute();
}
