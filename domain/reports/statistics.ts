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

/** The content of the materialized view. */
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

/** The statistics of the shop at one time. */
export interface Statistics {
  refreshedAt: Date;
  figures: z.infer<typeof statisticsFigures>;
}

/** An arbitrary number, the same in every process, which identifies the refresh among PostgreSQL's advisory locks. */
const REFRESH_LOCK = 7_310_422_901;

/** Time limit of a refresh; its activity's own limit is slightly higher. */
const REFRESH_TIMEOUT_MS = 9 * 60 * 1000;

/** Returns the statistics as of the last refresh. */
export async function readStatistics(db: Db): Promise<Statistics> {
  const row = await db.selectFrom('statistics').select(['refreshedAt', 'figures']).executeTakeFirstOrThrow();
  return { refreshedAt: row.refreshedAt, figures: statisticsFigures.parse(row.figures) };
}

/**
 * Refreshes the statistics, which can be read meanwhile, unless they were already refreshed at `dueAt` or later. Only one refresh runs at a
 * time: a second one waits, and then usually finds nothing left to do.
 * @throws the signal's reason if it is aborted; PostgreSQL has cancelled the refresh by then.
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
      // If this fails, the refresh runs to its end, which does no harm.
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
