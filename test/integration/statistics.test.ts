import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { refreshStatistics } from '../../domain/reports/statistics.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { holdRows } from '../support/hold-rows.ts';
import { recordHistory } from '../support/record-history.ts';
import { seedEmail, seedOrder, seedUser } from '../support/seed-shop.ts';
import { useService } from '../support/service.ts';
import { runJob } from '../support/start-job.ts';

const service = useService();
const never = new AbortController().signal;
const hoursAgo = (hours: number): Date => new Date(Date.now() - hours * 3_600_000);

const stats = async (headers: Record<string, string> = {}) => {
  const answer = await service.request('GET', '/api/stats', undefined, headers);
  return { ...answer, body: answer.body as Record<string, unknown> & { refreshedAt: string } };
};

describe('GET /api/stats', () => {
  it('serves the figures of the last refresh until the next one', async () => {
    const before = await stats();
    expect(before).toMatchObject({
      status: 200,
      body: { users: { total: 0 }, ordersByStatus: {}, revenue: [] },
    });

    const userId = await seedUser(service.db, hoursAgo(1));
    await seedUser(service.db, hoursAgo(48));
    await seedUser(service.db, hoursAgo(24 * 30));
    await seedOrder(
      service.db,
      { userId, amountMinor: 1000, status: 'completed', createdAt: hoursAgo(2), paidAt: hoursAgo(2) },
      [
        { at: hoursAgo(2), outcome: 'failed' },
        { at: hoursAgo(2), outcome: 'succeeded' },
      ],
    );
    await seedOrder(service.db, {
      userId,
      amountMinor: 500,
      status: 'refunded',
      createdAt: hoursAgo(50),
      paidAt: hoursAgo(50),
      refundedMinor: 500,
      refundedAt: hoursAgo(3),
    });
    await seedEmail(service.db, {
      template: 'welcome',
      status: 'sent',
      createdAt: hoursAgo(1),
      sentAt: hoursAgo(1),
    });
    await seedEmail(service.db, {
      template: 'welcome',
      status: 'dead',
      createdAt: hoursAgo(1),
      sentAt: null,
    });
    expect((await stats()).body).toEqual(before.body);

    const { jobId, result } = await runJob(service, 'refreshStatistics', {});
    await recordHistory(service, jobId, 'refreshed');
    const { body } = await stats();
    expect(result).toEqual({ outcome: 'refreshed', refreshedAt: body.refreshedAt });
    expect(Date.parse(body.refreshedAt)).toBeGreaterThan(Date.parse(before.body.refreshedAt));
    expect(body).toEqual({
      refreshedAt: body.refreshedAt,
      users: { total: 3, last24Hours: 1, last7Days: 2 },
      orders: { total: 2, last24Hours: 1, last7Days: 2 },
      ordersByStatus: { completed: 1, refunded: 1 },
      revenue: [
        { period: 'last24Hours', currency: 'EUR', takenMinor: 1000, refundedMinor: 500, netMinor: 500 },
        { period: 'last7Days', currency: 'EUR', takenMinor: 1500, refundedMinor: 500, netMinor: 1000 },
        { period: 'total', currency: 'EUR', takenMinor: 1500, refundedMinor: 500, netMinor: 1000 },
      ],
      emailsSent: { total: 1, last24Hours: 1, last7Days: 1 },
      emailsByStatus: { sent: 1, dead: 1 },
      paymentAttempts: { total: 2, last24Hours: 2, last7Days: 2 },
      paymentFailures: { total: 1, last24Hours: 1, last7Days: 1 },
    });
  });

  it('answers 304 to who has the figures of the last refresh', async () => {
    const etag = (await stats()).headers.get('etag') ?? '';
    // Otherwise, fetch would bypass every cache.
    expect((await stats({ 'if-none-match': etag, 'cache-control': 'max-age=0' })).status).toBe(304);
    await refreshStatistics(service.db, new Date(), never);
    const changed = await stats({ 'if-none-match': etag, 'cache-control': 'max-age=0' });
    expect(changed.status).toBe(200);
    expect(changed.headers.get('cache-control')).toBe('private, max-age=60');
  });
});

describe('a refresh', () => {
  it('that many requests create concurrently is created once', async () => {
    const dueAt = new Date();
    const results = await Promise.all(
      Array.from({ length: 5 }, () => refreshStatistics(service.db, dueAt, never)),
    );
    expect(results.filter(({ refreshed }) => refreshed)).toHaveLength(1);
    expect(new Set(results.map(({ refreshedAt }) => refreshedAt.getTime())).size).toBe(1);
  });

  /** Runs `test` while a refresh has to wait, because all that it reads is locked. */
  const whileRefreshWaits = async (begin: () => unknown, test: () => Promise<void>): Promise<void> => {
    const letGo = await holdRows(service.db, (trx) =>
      sql`LOCK TABLE users IN ACCESS EXCLUSIVE MODE`.execute(trx),
    );
    try {
      begin();
      await eventually(async () => expect(await waitingRefreshes()).toBe(1));
      await test();
    } finally {
      await letGo();
    }
  };
  const waitingRefreshes = async (): Promise<number> => {
    const { rows } = await sql`
      SELECT 1 FROM pg_stat_activity WHERE query LIKE 'REFRESH %' AND wait_event_type = 'Lock'
        AND datname = current_database()`.execute(service.db);
    return rows.length;
  };

  it('ends when it is cancelled, while it waits as well', async () => {
    const stop = new AbortController();
    let refresh: Promise<unknown> | undefined;
    await whileRefreshWaits(
      () => {
        refresh = refreshStatistics(service.db, new Date(), stop.signal).catch((error: unknown) => error);
      },
      async () => {
        stop.abort(new Error('told to stop'));
        expect(await refresh).toMatchObject({ message: 'told to stop' });
        expect(await waitingRefreshes()).toBe(0);
      },
    );
  });

  it('ends when its job is cancelled', async () => {
    let run: Promise<unknown> | undefined;
    await whileRefreshWaits(
      () => {
        run = runJob(service, 'refreshStatistics', {}).catch((error: unknown) => error);
      },
      async () => {
        const answer = await service.request('DELETE', '/api/jobs/refresh-statistics:all');
        expect(answer.status).toBeLessThan(300);
        expect(await run).toMatchObject({ cause: { name: 'CancelledFailure' } });
        expect(await waitingRefreshes()).toBe(0);
      },
    );
    await jobWithStatus(service, 'refresh-statistics:all', 'cancelled');
  });

  it('leaves the figures readable meanwhile, and is made once it can be', async () => {
    const before = (await stats()).body.refreshedAt;
    let refresh: Promise<unknown> | undefined;
    await whileRefreshWaits(
      () => {
        refresh = refreshStatistics(service.db, new Date(), never);
      },
      async () => expect((await stats()).body.refreshedAt).toBe(before),
    );
    expect(await refresh).toMatchObject({ refreshed: true });
    expect((await stats()).body.refreshedAt).not.toBe(before);
  });
});
