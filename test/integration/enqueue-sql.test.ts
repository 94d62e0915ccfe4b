import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sendWelcomeEmail } from '../../contracts/jobs/send-welcome-email.ts';
import { findOnPath } from '../../packages/durable-jobs/src/dev/executables.ts';
import { enqueueOnce } from '../../packages/durable-jobs/src/jobs/outbox/enqueue.ts';
import { readBacklogs } from '../../packages/durable-jobs/src/metrics/backlogs.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { seedUser } from '../support/seed-shop.ts';
import { relayStarts } from '../support/relay-starts.ts';
import { startDeps } from '../support/start-deps.ts';
import { useService } from '../support/service.ts';

const service = useService();

/** Another program, whose session does not have the library's schema on its search path. */
let program: pg.Client;

beforeAll(async () => {
  program = new pg.Client({ connectionString: service.databaseUrl });
  await program.connect();
});
afterAll(() => program.end());
beforeEach(() => service.db.deleteFrom('outbox').execute());

/** Calls `durable_jobs.enqueue` with arguments as SQL, and returns the entry's id. */
async function enqueue(args: string): Promise<number> {
  const { rows } = await program.query<{ id: string }>(`SELECT durable_jobs.enqueue(${args}) AS id`);
  return Number(rows[0]?.id);
}

const relay = () => relayStarts(startDeps(service));
const makeDue = () =>
  service.db
    .updateTable('outbox')
    .set({ nextAttemptAt: sql<Date>`now()` })
    .where('droppedAt', 'is', null)
    .execute();
const entry = (id: number) =>
  service.db.selectFrom('outbox').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
const count = async (): Promise<number> =>
  (await service.db.selectFrom('outbox').select('id').execute()).length;

interface DeadStarts {
  items: { id: string; status: string; reason: { code: string; message: string } }[];
  nextCursor: string | null;
}
const deadStarts = async (query = ''): Promise<DeadStarts> =>
  (await service.request('GET', `/api/dead-starts${query}`)).body as DeadStarts;

describe('a start by SQL', () => {
  it('is made by the relay, under the id that the job makes of its input', async () => {
    const userId = await seedUser(service.db, new Date());
    const id = await enqueue(`'sendWelcomeEmail', '{"userId": "${userId}"}'`);
    expect(await entry(id)).toMatchObject({ jobId: null, isChecked: false });
    expect(await relay()).toMatchObject({ made: 1, failed: 0 });
    const jobId = `send-welcome-email:${userId}`;
    expect(await jobWithStatus(service, jobId, 'completed')).toMatchObject({ businessKey: userId });
    expect(await entry(id)).toMatchObject({ jobId, isChecked: true, outcome: 'started' });
  });

  it('wakes the relay at the commit, and leaves nothing after a rollback', async () => {
    const listener = new pg.Client({ connectionString: service.databaseUrl });
    await listener.connect();
    try {
      const heard: string[] = [];
      listener.on('notification', ({ channel }) => heard.push(channel));
      await listener.query('LISTEN outbox');
      await program.query('BEGIN');
      await enqueue(`'refreshStatistics'`);
      await program.query('ROLLBACK');
      await program.query('BEGIN');
      await enqueue(`'refreshStatistics'`);
      await listener.query('SELECT 1');
      expect([heard, await count()]).toEqual([[], 0]);
      await program.query('COMMIT');
      await eventually(() => expect(heard).toEqual(['outbox']));
      expect(await count()).toBe(1);
    } finally {
      await listener.end();
    }
  });

  it('happens once for a key, which it shares with starts by TypeScript', async () => {
    const userId = await seedUser(service.db, new Date());
    const input = `'{"userId": "${userId}"}'`;
    const dedupeKey = `key-${randomUUID()}`;
    const args = `'sendWelcomeEmail', ${input}, dedupe_key => '${dedupeKey}', start_at => now() + interval '1 day'`;
    const id = await enqueue(args);
    expect(await enqueue(args)).toBe(id);
    const { entry: kept, isNew } = await service.db
      .transaction()
      .execute((trx) => enqueueOnce(trx, sendWelcomeEmail, { userId }, { dedupeKey, startAt: null }));
    expect({ id: kept.id, isNew }).toEqual({ id, isNew: false });
    expect(await relay()).toMatchObject({ made: 1 });
    expect(await jobWithStatus(service, `send-welcome-email:${dedupeKey}`, 'scheduled')).toMatchObject({
      businessKey: dedupeKey,
    });
  });

  it('waits for another transaction with the same key, and then returns its entry', async () => {
    const args = `'refreshStatistics', dedupe_key => 'race-${randomUUID()}'`;
    const other = new pg.Client({ connectionString: service.databaseUrl });
    await other.connect();
    try {
      await other.query('BEGIN');
      const { rows } = await other.query<{ id: string }>(`SELECT durable_jobs.enqueue(${args}) AS id`);
      const second = enqueue(args);
      await eventually(async () => {
        const { rows: waiting } = await sql`
          SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`.execute(
          service.db,
        );
        expect(waiting).toHaveLength(1);
      });
      await other.query('COMMIT');
      expect(await second).toBe(Number(rows[0]?.id));
    } finally {
      await other.end();
    }
  });

  it.each([
    ['outbox_times_check', `'refreshStatistics', start_at => 'infinity'`],
    ['outbox_names_check', `' '`],
    ['outbox_names_check', `'refreshStatistics', dedupe_key => E'a\\nb'`],
    ['outbox_objects_check', `'refreshStatistics', '[]'`],
    ['outbox_size', `'refreshStatistics', jsonb_build_object('a', repeat('x', 1048576))`],
  ])('is refused by %s', async (constraint, args) => {
    await expect(enqueue(args)).rejects.toMatchObject({ constraint });
  });

  it('needs no more than to insert and read entries', async () => {
    const role = `program_${randomUUID().slice(0, 8)}`;
    await program.query(`CREATE ROLE ${role}`);
    try {
      await program.query(`SET ROLE ${role}`);
      await expect(enqueue(`'refreshStatistics'`)).rejects.toThrow('permission denied');
      await program.query('RESET ROLE');
      await program.query(`
        GRANT USAGE ON SCHEMA durable_jobs TO ${role};
        GRANT INSERT, SELECT (id, job_id, dedupe_key) ON durable_jobs.outbox TO ${role}`);
      await program.query(`SET ROLE ${role}`);
      await enqueue(`'refreshStatistics', dedupe_key => '${randomUUID()}'`);
    } finally {
      await program.query(`RESET ROLE; DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });

  const psql = findOnPath('psql');
  it.skipIf(!psql)('is one line of psql', async () => {
    const { stdout } = await promisify(execFile)(psql ?? 'psql', [
      service.databaseUrl,
      '--no-psqlrc',
      '--tuples-only',
      '--no-align',
      '--command',
      `SELECT durable_jobs.enqueue('refreshStatistics', '{}', start_at => now() + interval '7 days')`,
    ]);
    expect(await entry(Number(stdout))).toMatchObject({ jobType: 'refreshStatistics', isChecked: false });
  });
});

describe('a start that cannot be made', () => {
  it('is dead at once if its input is not valid, and does not delay others', async () => {
    const userId = await seedUser(service.db, new Date());
    const id = await enqueue(`'sendWelcomeEmail', '{"userId": 7, "extra": true}'`);
    await enqueue(`'sendWelcomeEmail', '{"userId": "${userId}"}'`);
    expect(await relay()).toMatchObject({ made: 1, failed: 1 });
    const { body } = await service.request('GET', `/api/dead-starts/${id}`);
    expect(body).toMatchObject({
      id: String(id),
      status: 'dead',
      jobType: 'sendWelcomeEmail',
      jobId: null,
      input: { userId: 7, extra: true },
      attempts: 1,
      reason: {
        code: 'invalid_input',
        message: expect.stringMatching(/^userId: .*; Unrecognized key: "extra"$/) as string,
      },
    });
    expect((await deadStarts()).items).toEqual([body]);
    await makeDue();
    expect(await relay()).toMatchObject({ made: 0, failed: 0 });
    expect(await readBacklogs(service.db, [])).toContainEqual(
      expect.objectContaining({ queue: 'dead-starts', items: 1 }),
    );
  });

  it('is retried for 15 minutes if no process knows its type', async () => {
    const id = await enqueue(`'sendInvoiceReminder', '{"invoiceId": "1"}'`);
    expect(await relay()).toMatchObject({ made: 0, failed: 1 });
    await makeDue();
    expect(await relay()).toMatchObject({ made: 0, failed: 1 });
    expect(await deadStarts()).toMatchObject({ items: [] });
    expect(await entry(id)).toMatchObject({
      attempts: 2,
      outcome: null,
      lastError: 'the job type sendInvoiceReminder does not exist',
    });
    await service.db
      .updateTable('outbox')
      .set({ refusedAt: sql<Date>`now() - interval '15 minutes'`, nextAttemptAt: sql<Date>`now()` })
      .execute();
    await relay();
    expect(await deadStarts('?code=unknown_job_type&type=sendInvoiceReminder')).toMatchObject({
      items: [{ id: String(id), status: 'dead', reason: { code: 'unknown_job_type' } }],
    });
    expect(await deadStarts('?code=invalid_input')).toMatchObject({ items: [] });
  });

  it('is also dead if the engine refuses it, or an earlier release committed it', async () => {
    const { id } = await service.db
      .insertInto('outbox')
      .values({
        jobType: 'refreshStatistics',
        // 900 characters, and more bytes than the engine allows.
        jobId: `refresh-statistics:${'é'.repeat(900)}`,
        input: '{}',
        nextAttemptAt: new Date(),
        refusedAt: new Date(Date.now() - 3_600_000),
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    const gone = await service.db
      .insertInto('outbox')
      .values({
        jobType: 'gone',
        jobId: 'gone:1',
        input: '{}',
        nextAttemptAt: new Date(),
        refusedAt: new Date(Date.now() - 3_600_000),
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await relay();
    expect(await deadStarts()).toMatchObject({
      items: [
        { id: String(gone.id), reason: { code: 'unknown_job_type' } },
        { id: String(id), reason: { code: 'refused_by_engine' } },
      ],
    });
  });

  it('appears as a job if it has an id', async () => {
    const dedupeKey = randomUUID();
    const id = await enqueue(`'sendWelcomeEmail', '{}', dedupe_key => '${dedupeKey}'`);
    await relay();
    const path = `/api/jobs/send-welcome-email:${dedupeKey}`;
    expect(await service.request('GET', path)).toMatchObject({
      status: 200,
      body: {
        status: 'failed',
        plannedAttempts: [],
        failure: { code: 'invalid_input' },
        starts: [{ outcome: 'dead' }],
      },
    });
    expect(await service.request('GET', `${path}/why`)).toMatchObject({
      status: 200,
      body: {
        code: 'start_dead',
        actions: [{ path: `/api/dead-starts/${id}/requeue` }, { path: `/api/dead-starts/${id}/discard` }],
      },
    });
  });

  it('is listed in pages', async () => {
    for (let n = 0; n < 3; n++) await enqueue(`'sendWelcomeEmail', '{"n": ${n}}'`);
    await relay();
    const first = await deadStarts('?limit=2');
    const second = await deadStarts(`?limit=2&cursor=${first.nextCursor}`);
    expect([first.items.length, second.items.length, second.nextCursor]).toEqual([2, 1, null]);
    const ids = [...first.items, ...second.items].map(({ id }) => Number(id));
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => b - a));
    expect((await service.request('GET', '/api/dead-starts?cursor=x')).status).toBe(400);
  });
});

describe('an operator', () => {
  async function deadStart(): Promise<{ id: number; userId: string }> {
    const userId = await seedUser(service.db, new Date());
    const id = await enqueue(`'sendWelcomeEmail', '{"id": "${userId}"}'`);
    await relay();
    return { id, userId };
  }

  it('requeues a dead start once its cause is fixed', async () => {
    const { id, userId } = await deadStart();
    const path = `/api/dead-starts/${id}/requeue`;
    expect(await service.request('POST', path)).toMatchObject({ status: 202, body: { status: 'requeued' } });
    expect(await relay()).toMatchObject({ made: 0, failed: 1 });
    expect((await deadStarts()).items).toMatchObject([{ id: String(id) }]);

    await service.db
      .updateTable('outbox')
      .set({ input: JSON.stringify({ userId }) })
      .execute();
    expect((await service.request('POST', path)).status).toBe(202);
    expect(await relay()).toMatchObject({ made: 1 });
    await jobWithStatus(service, `send-welcome-email:${userId}`, 'completed');
    expect(await service.request('POST', path)).toMatchObject({
      status: 409,
      body: { code: 'start_not_dead' },
    });
    expect(await deadStarts()).toMatchObject({ items: [] });
  });

  it('discards one for a reason, which is audited and kept with it', async () => {
    const { id } = await deadStart();
    const path = `/api/dead-starts/${id}/discard`;
    expect((await service.request('POST', path, {})).status).toBe(400);
    expect(await service.request('POST', path, { reason: 'sent by hand' })).toMatchObject({
      status: 200,
      body: { status: 'discarded', discardReason: 'sent by hand' },
    });
    expect((await service.request('POST', path, { reason: 'again' })).status).toBe(409);
    expect(await deadStarts()).toMatchObject({ items: [] });
    expect(await service.request('GET', `/api/dead-starts/${id}`)).toMatchObject({
      body: { status: 'discarded', discardReason: 'sent by hand' },
    });
    // The outcome is written while the response is sent.
    await eventually(async () => {
      const { body } = await service.request('GET', '/api/audit?limit=2');
      expect((body as { items: unknown[] }).items).toMatchObject([
        { action: 'POST /api/dead-starts/:id/discard', outcome: 'refused' },
        { action: 'POST /api/dead-starts/:id/discard', outcome: 'done' },
      ]);
    });
    expect(
      (await service.request('POST', '/api/dead-starts/999999999/discard', { reason: 'x' })).status,
    ).toBe(404);
  });
});
