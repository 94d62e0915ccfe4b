import { Kysely, PostgresDialect, sql, type CompiledQuery } from 'kysely';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { jobs } from '../../contracts/catalogue.ts';
import type { Database, Db } from '../../domain/database/schema.ts';
import { jobRules } from '../../domain/job-rules.ts';
import { camelCaseNames } from '../../packages/durable-jobs/src/database/camel-case.ts';
import { buryEndlessWaits } from '../../packages/durable-jobs/src/jobs/flow/endless-waits.ts';
import { createTestDatabase } from '../support/database.ts';

const SIZE = 2_000;

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let db: Db;
const captured: CompiledQuery[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
  db = new Kysely<Database>({
    dialect: new PostgresDialect({
      pool: new pg.Pool({
        connectionString: database.url,
        max: 1,
        options: '-c search_path=durable_jobs,public -c statement_timeout=30000',
      }),
    }),
    plugins: [camelCaseNames],
    log: (event) => {
      captured.push(event.query);
    },
  });
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});
beforeEach(() => db.deleteFrom('outbox').execute());

/** Enqueues starts 1 to {@link SIZE}, each after the one before it, and the first after another job. */
async function enqueueChain(first: string): Promise<void> {
  await sql`SELECT durable_jobs.enqueue('sendReceipt', '{}', job_id => 'send-receipt:' || i,
    after_job => CASE i WHEN 1 THEN ${first} ELSE 'send-receipt:' || i - 1 END)
    FROM generate_series(1, ${SIZE}::int) AS i`.execute(db);
  await sql`ANALYZE`.execute(db);
}

/** Buries what waits endlessly, given waits for jobs that have no start before them. */
async function bury(jobIds: readonly string[]): Promise<void> {
  const waits = await db
    .selectFrom('awaitedJobs')
    .select(['id', 'heldEntryId', 'jobId', 'runId', 'createdAt'])
    .where('jobId', 'in', jobIds)
    .execute();
  captured.length = 0;
  // The engine is not needed: each wait of a circle that it could know more about is among these.
  const client = { withDeadline: (_: number, work: () => Promise<unknown>) => work() } as never;
  await buryEndlessWaits({ db, client, jobs, jobRules, logger: pino({ level: 'silent' }) }, waits);
}

/** How many rows the search of the last call of {@link bury} reads. */
async function rowsOfSearch(): Promise<number> {
  const search = captured.find(({ sql: text }) => text.includes('RECURSIVE'));
  if (!search) throw new Error('there was no search');
  const { rows } = await db.executeQuery<{ 'QUERY PLAN': [{ Plan: Plan }] }>({
    ...search,
    sql: `EXPLAIN (ANALYZE, FORMAT JSON) ${search.sql}`,
  });
  return rowsOf(rows[0]?.['QUERY PLAN'][0].Plan);
}

interface Plan {
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: Plan[];
}

function rowsOf(plan: Plan | undefined): number {
  if (!plan) throw new Error('there is no plan');
  const rows = plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0);
  return (plan.Plans ?? []).reduce((sum, child) => sum + rowsOf(child), rows * plan['Actual Loops']);
}

const outcomes = () =>
  db.selectFrom('outbox').select(['jobId', 'deadCode']).where('outcome', 'is not', null).execute();

it('finds the start that closes a circle of thousands', async () => {
  await enqueueChain(`send-receipt:${SIZE}`);
  await bury([`send-receipt:${SIZE}`]);
  expect(await outcomes()).toEqual([{ jobId: `send-receipt:${SIZE}`, deadCode: 'invalid_after' }]);
});

it('reads a chain once, however many wait for its starts', async () => {
  await enqueueChain('send-receipt:0');
  // Waits of other starts, for jobs of the chain that were enqueued later.
  await sql`INSERT INTO outbox (job_type, job_id, input, next_attempt_at, is_held)
    VALUES ('sendReceipt', 'send-receipt:waiting', '{}', now(), true)`.execute(db);
  await sql`INSERT INTO awaited_jobs (held_entry_id, awaited_end, job_id, up_to_entry_id)
    SELECT max(outbox.id), 'ends', 'send-receipt:' || i, 0 FROM outbox, generate_series(${SIZE - 499}::int, ${SIZE}::int) AS i
    GROUP BY i`.execute(db);
  const jobIds = Array.from({ length: 500 }, (_, i) => `send-receipt:${SIZE - i}`);
  await bury(jobIds);
  expect(await rowsOfSearch()).toBeLessThan(SIZE * 50);
  expect(await outcomes()).toEqual([]);
});
