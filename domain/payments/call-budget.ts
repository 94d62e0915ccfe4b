import pg from 'pg';
import { RateLimiterMemory, RateLimiterPostgres, RateLimiterQueue } from 'rate-limiter-flexible';
import { connectionTo, type DatabaseServer } from 'durable-jobs/database';
import type { Logger } from 'durable-jobs/telemetry';

/** The budget of calls to the payment provider per second, for all processes together. */
export interface CallBudget {
  /** Resolves when a call may be made, in the order of requests. */
  take: () => Promise<void>;
  close: () => Promise<void>;
}

/**
 * Spreads calls over time, at most `perSecond` in each second, counted in our database for all processes. While the database is
 * unavailable, each process counts separately. The budget has its own connections, so that a call does not wait for those of queries.
 */
export function createCallBudget(options: {
  database: DatabaseServer;
  perSecond: number;
  logger: Logger;
}): CallBudget {
  const pool = new pg.Pool({
    ...connectionTo(options.database),
    max: 2,
    application_name: 'durable-jobs-payment-calls',
    connectionTimeoutMillis: 2_000,
    query_timeout: 2_000,
  });
  pool.on('error', (error) => options.logger.warn({ err: error }, 'an idle database connection was lost'));
  const points = Math.max(1, Math.floor(options.perSecond));
  const limits = { points, duration: points / options.perSecond, keyPrefix: '' };
  const limiter = new RateLimiterPostgres({
    ...limits,
    storeClient: pool,
    tableName: 'payment_call_budget',
    tableCreated: true,
    clearExpiredByTimeout: false,
    insuranceLimiter: new RateLimiterMemory(limits),
  });
  const queue = new RateLimiterQueue(limiter, { maxQueueSize: 100_000 });
  return {
    take: async () => {
      await queue.removeTokens(1, 'stripe');
    },
    close: () => pool.end(),
  };
}
