import { sql } from 'kysely';
import { beforeEach, expect, it } from 'vitest';
import { listFailingRuns } from '../../packages/durable-jobs/src/jobs/run-records/failing-activities.ts';
import { useService } from '../support/service.ts';

const service = useService({ workers: false });
beforeEach(() => service.db.deleteFrom('failingActivities').execute());

const insert = (run: string, activity: string, place: number, code = 'Error') =>
  sql`INSERT INTO failing_activities
      (run_id, activity_id, job_id, job_type, activity_type, attempt, failed_at, error_code, error_message, place)
    VALUES (${run}, ${activity}, ${`job of ${run}`}, 'processOrder', 'chargeOrder', 1, now(), ${code}, 'It failed.', ${place})`.execute(
    service.db,
  );

const list = async (options: Omit<Parameters<typeof listFailingRuns>[1], 'limit'> = {}, limit = 10) =>
  (await listFailingRuns(service.db, { ...options, limit })).map(({ runId, place }) => [runId, place]);

it('lists each run once, in the order in which they began to fail, page by page', async () => {
  await insert('a', '1', 1);
  await insert('b', '1', 2);
  await insert('b', '2', 2);
  // Both began to fail at the same moment, and neither has seen the other's place.
  await insert('c', '1', 6);
  await insert('c', '2', 3);
  await insert('d', '1', 5);
  expect(await list()).toEqual([
    ['d', 5],
    ['c', 3],
    ['b', 2],
    ['a', 1],
  ]);
  expect(await list({}, 2)).toEqual([
    ['d', 5],
    ['c', 3],
  ]);
  expect(await list({ before: 3 }, 2)).toEqual([
    ['b', 2],
    ['a', 1],
  ]);
});

it('finds a run by any of its activities', async () => {
  await insert('a', '1', 1);
  await insert('a', '2', 1, 'Refused');
  await insert('b', '1', 2);
  expect(await list({ error: { code: 'Refused' } })).toEqual([['a', 1]]);
  expect(await list({ error: { code: 'Error', text: 'it FAILED' } })).toEqual([
    ['b', 2],
    ['a', 1],
  ]);
  expect(await list({ error: { text: 'nothing' } })).toEqual([]);
  expect(await list({ types: ['sendWelcomeEmail'] })).toEqual([]);
  expect(await list({ types: ['processOrder', 'sendWelcomeEmail'] })).toHaveLength(2);
});

it('reads no more than a page has, however many activities fail', async () => {
  await sql`INSERT INTO failing_activities
      (run_id, activity_id, job_id, job_type, activity_type, attempt, failed_at, error_code, error_message, place)
    SELECT 'run' || n / 2, n, 'job' || n / 2, 'processOrder', 'chargeOrder', 1, now(), 'Error', 'It failed.', n / 2
    FROM generate_series(1, 20000) AS n`.execute(service.db);
  await sql`ANALYZE failing_activities`.execute(service.db);
  const rowsRead = await service.db.transaction().execute(async (trx) => {
    const newest = await listFailingRuns(trx, { limit: 20 });
    const { runId, place } = newest.at(-1) ?? {};
    expect(runId).toBe(`run${10_000 - 19}`);
    expect(await listFailingRuns(trx, { before: place, limit: 20 })).toHaveLength(20);
    const { rows } = await sql<{ count: number }>`
      SELECT seq_tup_read + idx_tup_fetch AS count FROM pg_stat_xact_user_tables WHERE relname = 'failing_activities'`.execute(
      trx,
    );
    return rows[0]?.count;
  });
  expect(rowsRead).toBeLessThan(1_000);
});
