import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { jobs } from '../../contracts/catalogue.ts';
import { deleteExpired } from '../../contracts/jobs/delete-expired.ts';
import { returnPayment } from '../../contracts/jobs/return-payment.ts';
import { jobRules } from '../../domain/job-rules.ts';
import { DueStarts } from '../../packages/durable-jobs/src/jobs/outbox/due-starts.ts';
import {
  enqueueOwn,
  enqueueStart,
  type StartConditions,
} from '../../packages/durable-jobs/src/jobs/outbox/enqueue.ts';
import { relayOnce } from '../../packages/durable-jobs/src/jobs/outbox/relay.ts';
import { relayStarts } from '../support/relay-starts.ts';
import { useService } from '../support/service.ts';
import { whileRefused } from '../support/while-refused.ts';

// No worker runs the jobs, so a run stays open.
const service = useService({ workers: false });
beforeEach(() => service.db.deleteFrom('outbox').execute());

/** Longer than a test takes on a busy machine: what was taken is not due again. */
const LEASE_MS = 600_000;
const orderId = '6f1d1d3e-5f0c-4d1c-9a55-3d0f6a2f0a01';

/** Inserts due starts, each a job of its own, named by its key and number. */
const insert = (count: number, { fairness, priority }: { fairness?: string; priority?: number } = {}) =>
  sql`INSERT INTO outbox (job_type, job_id, input, next_attempt_at, fairness_key, priority)
    SELECT 'deleteExpired', 'delete-expired:' || ${fairness ?? 'none'}::text || n, '{}', now(), ${fairness ?? null}, ${priority ?? null}
    FROM generate_series(1, ${count}::int) AS n`.execute(service.db);
const nameOf = ({ jobId }: { jobId: string | null }) => jobId?.slice('delete-expired:'.length);
const take = async (due: DueStarts, count: number) => {
  const taken = await due.take(service.db, count, LEASE_MS);
  for (const entry of taken) due.served(entry);
  return taken.map(nameOf);
};
const relayDeps = () => ({
  db: service.db,
  client: service.client,
  jobs,
  jobRules,
  logger: pino({ level: 'silent' }),
});
const commit = (options: StartConditions = {}) =>
  service.db.transaction().execute((trx) => enqueueOwn(trx, deleteExpired, {}, options));

it('takes starts by priority, and those of one priority in turns between keys', async () => {
  await insert(100, { fairness: 'a' });
  await insert(2);
  await insert(2, { fairness: 'b' });
  await insert(1, { fairness: 'late', priority: 5 });
  await insert(1, { fairness: 'urgent', priority: 1 });
  const due = new DueStarts();
  expect(await take(due, 4)).toEqual(['urgent1', 'a1', 'none1', 'b1']);
  expect(await take(due, 5)).toEqual(['a2', 'none2', 'b2', 'a3', 'a4']);
  expect(await due.take(service.db, 200, LEASE_MS)).toHaveLength(100 + 2 + 2 + 2 - 9);
});

it('takes a start of another key at once, although thousands wait', async () => {
  await insert(5_000, { fairness: 'busy' });
  const due = new DueStarts();
  await take(due, 50);
  await insert(1, { fairness: 'other' });
  expect((await take(due, 50)).indexOf('other1')).toBeLessThan(2);
});

it('looks at all keys, a hundred at a time', async () => {
  await sql`INSERT INTO outbox (job_type, job_id, input, next_attempt_at, fairness_key)
    SELECT 'deleteExpired', 'delete-expired:' || n, '{}', now(), 'key' || n FROM generate_series(1, 250) AS n`.execute(
    service.db,
  );
  const due = new DueStarts();
  const taken = new Set<string | undefined>();
  while (taken.size < 250) {
    const now = await take(due, 50);
    expect(now).toHaveLength(50);
    for (const name of now) taken.add(name);
  }
  expect(await take(due, 50)).toEqual([]);
});

it('gives each of many keys the same share, also the last ones', async () => {
  await sql`INSERT INTO outbox (job_type, job_id, input, next_attempt_at, fairness_key)
    SELECT 'deleteExpired', 'delete-expired:' || key || '-' || n, '{}', now(), 'key' || lpad(key::text, 3, '0')
    FROM generate_series(1, 101) AS key, generate_series(1, 60) AS n`.execute(service.db);
  const due = new DueStarts();
  const had = new Map<string, number>();
  for (let pass = 0; pass < 40; pass++) {
    for (const name of await take(due, 25)) {
      const key = name?.split('-')[0] ?? '';
      had.set(key, (had.get(key) ?? 0) + 1);
    }
  }
  expect(had.size).toBe(101);
  expect(Math.max(...had.values())).toBeLessThanOrEqual(2 * Math.min(...had.values()));
});

it('takes nothing of a lower priority while a key behind a hundred others is due', async () => {
  await sql`INSERT INTO outbox (job_type, job_id, input, next_attempt_at, fairness_key, priority)
    SELECT 'deleteExpired', 'delete-expired:waits' || n, '{}', now() + interval '1 hour', 'key' || n, 1
    FROM generate_series(1, 150) AS n`.execute(service.db);
  await insert(3, { fairness: 'z', priority: 1 });
  await insert(3, { fairness: 'a', priority: 5 });
  expect(await take(new DueStarts(), 3)).toEqual(['z1', 'z2', 'z3']);
});

it('pulls the earlier starts of a job forward with an urgent one, so that they keep their order', async () => {
  await insert(60, { fairness: 'a' });
  const committed = await service.db.transaction().execute(async (trx) => {
    const first = { orderId, reason: 'order_cancelled' } as const;
    return [
      await enqueueStart(trx, returnPayment, first, { by: 'relay', priority: 4 }),
      await enqueueStart(trx, returnPayment, first, { by: 'relay', priority: 1 }),
    ];
  });
  const taken = await new DueStarts().take(service.db, 50, LEASE_MS);
  expect(taken).toHaveLength(50);
  expect(taken.slice(0, 2).map(({ id }) => id)).toEqual(committed.map(({ id }) => id));
});

it('pulls as many earlier starts forward as it takes, and the urgent one after them', async () => {
  await insert(200, { fairness: 'busy', priority: 2 });
  await sql`INSERT INTO outbox (job_type, job_id, input, next_attempt_at, priority)
    SELECT 'deleteExpired', 'delete-expired:one', '{}', now(), CASE WHEN n = 120 THEN 1 ELSE 4 END
    FROM generate_series(1, 120) AS n`.execute(service.db);
  const due = new DueStarts();
  const counts = [];
  for (let pass = 0; pass < 3; pass++) {
    counts.push((await take(due, 50)).filter((name) => name === 'one').length);
    await sql`UPDATE outbox SET dispatched_at = now() WHERE next_attempt_at > now()`.execute(service.db);
  }
  expect(counts).toEqual([50, 50, 20]);
});

it('does not let an urgent start wait for all the earlier ones of another job', async () => {
  await sql`INSERT INTO outbox (job_type, job_id, input, next_attempt_at, priority, fairness_key)
    SELECT 'deleteExpired', 'delete-expired:one', '{}', now(), CASE WHEN n = 120 THEN 1 ELSE 4 END, 'a'
    FROM generate_series(1, 120) AS n`.execute(service.db);
  await insert(1, { fairness: 'b', priority: 1 });
  expect(await take(new DueStarts(), 50)).toContain('b1');
});

it('starts what SQL committed before a later start of the same job that is urgent', async () => {
  await sql`SELECT durable_jobs.enqueue('returnPayment', jsonb_build_object('orderId', ${orderId}::text, 'reason', 'order_cancelled'))`.execute(
    service.db,
  );
  const urgent = await service.db
    .transaction()
    .execute((trx) =>
      enqueueStart(trx, returnPayment, { orderId, reason: 'order_cancelled' }, { by: 'relay', priority: 1 }),
    );
  const due = new DueStarts();
  await due.check({ db: service.db, jobs });
  const taken = await due.take(service.db, 50, LEASE_MS);
  expect(taken.map(({ jobId }) => jobId)).toEqual([urgent.jobId, urgent.jobId]);
  expect(taken.at(-1)?.id).toBe(urgent.id);
});

it('checks starts that SQL committed although earlier ones cannot be checked', async () => {
  await sql`INSERT INTO outbox (job_type, input, next_attempt_at, is_checked)
    SELECT 'returnPayment', '{}', now(), false FROM generate_series(1, 450)`.execute(service.db);
  await sql`SELECT durable_jobs.enqueue('returnPayment', jsonb_build_object('orderId', ${orderId}::text, 'reason', 'order_cancelled'))`.execute(
    service.db,
  );
  const due = new DueStarts();
  await due.check({ db: service.db, jobs });
  await due.check({ db: service.db, jobs });
  const checked = await service.db
    .selectFrom('outbox')
    .select('jobId')
    .where('isChecked', '=', true)
    .execute();
  expect(checked).toEqual([{ jobId: `return-payment:${orderId}` }]);
});

describe('a check of starts that SQL committed', () => {
  const enqueueReturn = async (id: string, after: number | null = null): Promise<number> => {
    const { rows } = await sql<{ id: number }>`
      SELECT durable_jobs.enqueue('returnPayment',
        jsonb_build_object('orderId', ${id}::text, 'reason', 'order_cancelled'), after_start => ${after}::bigint) AS id`.execute(
      service.db,
    );
    return rows[0]?.id ?? 0;
  };
  const isChecked = async (id: number): Promise<boolean> =>
    (await service.db.selectFrom('outbox').select('isChecked').where('id', '=', id).executeTakeFirstOrThrow())
      .isChecked;

  /** Does something while the database refuses rows of a table that meet a condition. */
  it('checks the others although the database refuses one', async () => {
    const refused = await enqueueReturn(randomUUID());
    const other = await enqueueReturn(randomUUID());
    await whileRefused(service.db, 'outbox', `id = ${String(refused)} AND is_checked`, async () => {
      await new DueStarts().check({ db: service.db, jobs });
      expect(await isChecked(refused)).toBe(false);
      expect(await isChecked(other)).toBe(true);
    });
  });

  it('leaves a start unchecked if the wait for its job cannot be told its id', async () => {
    const first = await enqueueReturn(randomUUID());
    await enqueueReturn(randomUUID(), first);
    await whileRefused(service.db, 'awaited_jobs', 'job_id IS NOT NULL', async () => {
      await new DueStarts().check({ db: service.db, jobs });
      expect(await isChecked(first)).toBe(false);
    });
    await new DueStarts().check({ db: service.db, jobs });
    expect(await isChecked(first)).toBe(true);
    const awaited = await service.db
      .selectFrom('awaitedJobs')
      .select('jobId')
      .where('upToEntryId', '=', first)
      .execute();
    expect(awaited).toMatchObject([{ jobId: expect.stringMatching(/^return-payment:/) as unknown }]);
  });
});

it('continues at once with keys that it has not looked at', async () => {
  await sql`INSERT INTO outbox (job_type, job_id, input, next_attempt_at, fairness_key)
    SELECT 'deleteExpired', 'delete-expired:waits' || n, '{}', now() + interval '1 hour', 'key' || n
    FROM generate_series(1, 1100) AS n`.execute(service.db);
  await insert(1, { fairness: 'z' });
  const due = new DueStarts();
  const pass = () => relayOnce(relayDeps(), { due });
  expect(await pass()).toMatchObject({ made: 0, more: true });
  expect(await pass()).toMatchObject({ made: 1, more: false });
});

it('refuses keys that a definition may not have either, although SQL accepts them', async () => {
  await sql`SELECT durable_jobs.enqueue('deleteExpired', fairness_key => ${'a\u202eb'})`.execute(service.db);
  await relayStarts(relayDeps());
  const row = await service.db.selectFrom('outbox').selectAll().executeTakeFirstOrThrow();
  expect(row).toMatchObject({ outcome: 'dead' });
  expect(JSON.stringify(row)).toContain('key: must be one line without control characters');
});

describe('the engine', () => {
  it('gets the priority and key of a start, and a retry keeps them', async () => {
    const entry = await commit({ priority: 2, fairness: { key: 'acme', weight: 0.1 } });
    await service.dispatcher.dispatch(entry);
    const urgency = { priority: 2, fairness: { key: 'acme', weight: 0.1 } };
    const job = await service.request('GET', `/api/jobs/${entry.jobId}`);
    expect(job.body).toMatchObject(urgency);
    const why = await service.request('GET', `/api/jobs/${entry.jobId}/why`);
    expect(why.body).toMatchObject({
      ...urgency,
      sentence: expect.stringContaining('takes turns with others by the key acme') as string,
    });
    await service.client.workflow.getHandle(entry.jobId).terminate();
    const retried = await service.request('POST', `/api/jobs/${entry.jobId}/retry`, {});
    expect(retried.status).toBeLessThan(300);
    const row = await service.db
      .selectFrom('outbox')
      .selectAll()
      .where('jobId', '=', entry.jobId)
      .orderBy('id', 'desc')
      .executeTakeFirstOrThrow();
    expect(row).toMatchObject({ priority: 2, fairnessKey: 'acme', fairnessWeight: 0.1 });
  });
});

it('takes priority and fairness over HTTP, and refuses invalid ones with their fields', async () => {
  const start = (body: object) => service.request('POST', '/api/jobs', { type: 'deleteExpired', ...body });
  const accepted = await start({ delay: '1h', priority: 1, fairness: { key: 'acme' } });
  expect(accepted.status).toBe(202);
  expect(await service.db.selectFrom('outbox').selectAll().executeTakeFirst()).toMatchObject({
    priority: 1,
    fairnessKey: 'acme',
    fairnessWeight: null,
  });
  const refused = await start({ priority: 0, fairness: { key: 'a\nb', weight: 0 } });
  expect(refused.status).toBe(400);
  expect(refused.body).toMatchObject({
    errors: [
      { path: 'priority', message: 'must be a whole number from 1 to 5' },
      { path: 'fairness.key', message: 'must be one line without control characters' },
      { path: 'fairness.weight', message: 'must be a number from 0.001 to 1000' },
    ],
  });
});

it('takes priority and fairness in SQL, and refuses invalid ones', async () => {
  const enqueue = (given: string) =>
    sql`SELECT durable_jobs.enqueue('deleteExpired', dedupe_key => gen_random_uuid()::text, ${sql.raw(given)})`.execute(
      service.db,
    );
  await enqueue(`priority => 1, fairness_key => 'acme', fairness_weight => 2`);
  expect(await relayStarts(relayDeps())).toMatchObject({ made: 1 });
  const row = await service.db.selectFrom('outbox').selectAll().executeTakeFirstOrThrow();
  expect(row).toMatchObject({ priority: 1, fairnessKey: 'acme', fairnessWeight: 2, outcome: 'started' });
  const { raw } = await service.client.workflow.getHandle(row.jobId ?? '').describe();
  expect(raw.workflowExecutionInfo?.priority).toMatchObject({
    priorityKey: 1,
    fairnessKey: 'acme',
    fairnessWeight: 2,
  });
  for (const [given, message] of [
    ['priority => 6', 'priority must be a whole number from 1 to 5'],
    [`fairness_key => ' '`, 'fairness_key must be one line of 1 to 64 bytes'],
    [`fairness_key => E'a\\x07'`, 'fairness_key must be one line of 1 to 64 bytes'],
    [`fairness_key => 'a', fairness_weight => 'NaN'`, 'fairness_weight must be a number from 0.001 to 1000'],
    ['fairness_weight => 1', 'fairness_weight requires a fairness_key'],
  ] as const)
    await expect(enqueue(given)).rejects.toThrow(message);
});
