import { sql } from 'kysely';
import { z } from 'zod';
import type { Db } from '../database/schema.ts';

const byPeriod = z.object({ total: z.number(), last24Hours: z.number(), last7Days: z.number() });

const revenueOfPeriod = z.object({
  period: z.enum(['total', 'last24Hours', 'last7Days']),
  /** Three capital letters. */
  currency: z.string(),
  takenMinor: z.number(),
  refundedMinor: z.number(),
  netMinor: z.number(),
});

/** What the materialized view holds. */
export const statisticsFigures = z.object({
  users: byPeriod,
  orders: byPeriod,
  ordersByStatus: z.record(z.string(), z.number()),
  revenue: z.array(revenueOfPeriod),
  emailsSent: byPeriod,
  emailsByStatus: z.record(z.string(), z.number()),
  paymentAttempts: byPeriod,
  /** Attempts that failed or were declined. */
  paymentFailures: byPeriod,
});

/** The statistics of the shop at one moment. */
export interface Statistics {
  refreshedAt: Date;
  figures: z.infer<typeof statisticsFigures>;
}

/** Any number, the same in every process: it stands for the refresh among PostgreSQL's advisory locks. */
const REFRESH_LOCK = 7_310_422_901;

/** The longest that a refresh may take: its activity's own limit is a little higher. */
const REFRESH_TIMEOUT_MS = 9 * 60 * 1000;

/** Reads the statistics as they were at the last refresh. */
export async function readStatistics(db: Db): Promise<Statistics> {
  const row = await db.selectFrom('statistics').select(['refreshedAt', 'figures']).executeTakeFirstOrThrow();
  return { refreshedAt: row.refreshedAt, figures: statisticsFigures.parse(row.figures) };
}

/**
 * Refreshes the statistics while they can continue being read, unless they are of `dueAt` or later by then. Only one refresh runs at a
 * time: a second one waits, and then mostly finds that there is nothing left to do.
 * @throws the signal's reason, once it is aborted; PostgreSQL has given up the refresh then.
 */
export async function refreshStatistics(
  db: Db,
  dueAt: Date,
  signal: AbortSignal,
): Promise<{ refreshedAt: Date; refreshed: boolean }> {
  return db.transaction().execute(async (trx) => {
    await sql`SELECT set_config('statement_timeout', ${String(REFRESH_TIMEOUT_MS)}, true)`.execute(trx);
    const { rows } = await sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.execute(trx);
    signal.throwIfAborted();
    const giveUp = (): void => {
      // A failure of this leaves the refresh to its end, which harms nobody.
      void sql`SELECT pg_cancel_backend(${rows[0]?.pid})`.execute(db).catch(() => undefined);
    };
    signal.addEventListener('abort', giveUp);
    try {
      await sql`SELECT pg_advisory_xact_lock(${REFRESH_LOCK})`.execute(trx);
      const last = await refreshedAt(trx);
      if (last >= dueAt) return { refreshedAt: last, refreshed: false };
      await sql`REFRESH MATERIALIZED VIEW CONCURRENTLY statistics`.execute(trx);
      return { refreshedAt: await refreshedAt(trx), refreshed: true };
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  });
}

async function refreshedAt(db: Db): Promise<Date> {
  const row = await db.selectFrom('statistics').select('refreshedAt').executeTakeFirstOrThrow();
  return row.refreshedAt;
}
