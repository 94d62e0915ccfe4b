import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitUntil } from '../../packages/durable-jobs/src/dev/wait.ts';
import { createKeyDirectory } from '../../packages/durable-jobs/src/access/key-directory.ts';
import { LOCAL_API_KEY } from '../../packages/durable-jobs/src/config/config.ts';
import { withBounds } from '../../packages/durable-jobs/src/database/bounds.ts';
import { connectDatabase } from '../../packages/durable-jobs/src/database/connect.ts';
import type { Db } from '../../domain/database/schema.ts';
import { backlogMetrics } from '../../packages/durable-jobs/src/metrics/backlogs.ts';
import { createMetricsPage } from '../../packages/durable-jobs/src/telemetry/metrics-page.ts';
import { holdRows } from '../support/hold-rows.ts';
import { makeKey } from '../support/make-key.ts';
import { useService } from '../support/service.ts';

/** The API has a pool of ten connections here. */
const service = useService({ workers: false });

let other: Db;
let release: () => Promise<void>;

beforeEach(async () => {
  other = connectDatabase(service.databaseUrl, {
    poolSize: 3,
    logger: pino({ level: 'silent' }),
    applicationName: 'other',
  });
  release = await holdRows(other, (trx) =>
    sql`LOCK TABLE work_items, bulk_jobs IN ACCESS EXCLUSIVE MODE`.execute(trx),
  );
});
afterEach(async () => {
  await release();
  await other.destroy();
});

/** Queries of the API that wait for a lock, as the database reports them. */
async function waiting(): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*) AS count FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'test' AND wait_event_type = 'Lock'`.execute(
    other,
  );
  return rows[0]?.count ?? 0;
}

/** Far below the statement timeout of 30 s, which would end them, too. */
const untilNoneWaits = (): Promise<void> =>
  waitUntil(async () => (await waiting()) === 0, { what: 'no query waits any more', timeoutMs: 20_000 });

async function expectToWork(): Promise<void> {
  const begin = performance.now();
  const answer = await service.request('POST', '/api/auth/register', {
    email: `ada-${randomUUID()}@example.com`,
    name: 'Ada',
    password: 'correct horse battery staple',
  });
  expect(answer.status).toBe(201);
  const audited = await service.request('PUT', '/api/stock/tea', { available: 1 });
  expect(audited.status).toBe(200);
  const { body } = await service.request('GET', '/readyz');
  expect(body).toMatchObject({ checks: { database: { ok: true } } });
  expect(performance.now() - begin).toBeLessThan(20_000);
}

const get = (path: string, signal?: AbortSignal): Promise<Response> =>
  fetch(service.url + path, {
    headers: { authorization: `Bearer ${LOCAL_API_KEY}` },
    ...(signal && { signal }),
  });

describe('a table that does not respond', () => {
  it('leaves the API working while the home page is open', async () => {
    // Parts are shared for two seconds and given up after 1.5: this renders each of them at least four times.
    const end = performance.now() + 8_500;
    let page = '';
    while (performance.now() < end) page = await (await get('/')).text();
    expect(page).toContain('The database is not responding');
    await expectToWork();
    await untilNoneWaits();
  });

  it('leaves the API working while lists are read, and stops reading for clients that have left', async () => {
    const leave = new AbortController();
    const lists = Array.from({ length: 30 }, (_, i) =>
      get(i % 2 === 0 ? '/api/work-items' : '/api/bulk-jobs', leave.signal).catch(() => undefined),
    );
    await waitUntil(async () => (await waiting()) > 0, { what: 'the lists wait', timeoutMs: 20_000 });
    await expectToWork();
    leave.abort();
    await Promise.all(lists);
    await untilNoneWaits();
  });

  it('is queried for metrics once, however often they are scraped', async () => {
    const metrics = () =>
      createMetricsPage({
        sources: [backlogMetrics(service.db, [])],
        timeoutMs: 0,
        logger: pino({ level: 'silent' }),
      })();
    for (let i = 0; i < 12; i++) await Promise.all([metrics(), metrics()]);
    await expectToWork();
    await untilNoneWaits();
  });

  it('is read again when it answers', async () => {
    const leave = new AbortController();
    const left = Array.from({ length: 20 }, () =>
      get('/api/work-items', leave.signal).catch(() => undefined),
    );
    await waitUntil(async () => (await waiting()) > 0, { what: 'the lists wait', timeoutMs: 20_000 });
    leave.abort();
    await Promise.all(left);
    await release();
    const answers = await Promise.all(Array.from({ length: 20 }, () => get('/api/work-items')));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
  });

  it('does not take the look-up of a key from others when the client that asked first leaves', async () => {
    const { key } = await makeKey(service.db, 'viewer');
    const keys = createKeyDirectory({
      db: service.db,
      logger: pino({ level: 'silent' }),
      apiKey: LOCAL_API_KEY,
    });
    const letGo = await holdRows(other, (trx) =>
      sql`LOCK TABLE api_keys IN ACCESS EXCLUSIVE MODE`.execute(trx),
    );
    try {
      const leave = new AbortController();
      const first = withBounds(leave.signal, () => keys.verify(key)).catch(() => undefined);
      const second = keys.verify(key).catch((error: unknown) => error);
      await waitUntil(async () => (await waiting()) > 0, { what: 'the look-up waits', timeoutMs: 20_000 });
      leave.abort();
      await letGo();
      expect(await second).toMatchObject({ role: 'viewer' });
      await first;
    } finally {
      await letGo();
    }
  });

  it('leaves no audited read without its outcome when its client leaves', async () => {
    const letGo = await holdRows(other, (trx) =>
      sql`LOCK TABLE dead_letters IN ACCESS EXCLUSIVE MODE`.execute(trx),
    );
    try {
      const path = `/api/dead-letters/${randomUUID()}`;
      const leave = new AbortController();
      const left = get(path, leave.signal).catch(() => undefined);
      await waitUntil(async () => (await waiting()) > 0, { what: 'the read waits', timeoutMs: 20_000 });
      leave.abort();
      await left;
      await waitUntil(
        async () => {
          const entry = await service.db
            .selectFrom('auditEntries')
            .select('outcome')
            .where('target', '=', path)
            .executeTakeFirstOrThrow();
          return entry.outcome === 'failed';
        },
        { what: 'the entry says that the read failed', timeoutMs: 20_000 },
      );
    } finally {
      await letGo();
    }
  });
});
