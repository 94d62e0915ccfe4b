import { randomUUID } from 'node:crypto';
import { drizzle } from 'drizzle-orm/node-postgres';
import { Kysely, PostgresDialect } from 'kysely';
import knexFactory, { type Knex } from 'knex';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { enqueue } from '../../packages/durable-jobs/src/jobs/enqueue/enqueue.ts';
import type { EnqueueOptions } from '../../packages/durable-jobs/src/jobs/enqueue/start-options.ts';
import type { SqlClient } from '../../packages/durable-jobs/src/jobs/enqueue/sql-client.ts';
import { enqueuedIn } from '../../packages/durable-jobs/src/testing/enqueued-in.ts';
import { defineJob } from '../../packages/durable-jobs/src/jobs/run/define-job.ts';
import { jobWithStatus } from '../support/jobs.ts';
import { useService } from '../support/service.ts';

const remind = defineJob({
  type: 'remind',
  input: z.strictObject({ invoiceId: z.uuid(), note: z.string().default('please') }),
  key: ({ invoiceId }) => invoiceId,
  run: ({ note }) => Promise.resolve({ note }),
});

const service = useService({ jobs: [remind], hostedServices: ['outbox-relay'] });

/** Thrown by a test to roll a transaction back. */
class RolledBack extends Error {}

/** The ways in which an application may be in a transaction: each runs `work` in one, and rolls it back if that throws. */
const clients: Record<string, (work: (client: SqlClient) => Promise<void>) => Promise<void>> = {
  pg: async (work) => {
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      await work(client);
      await client.query('COMMIT');
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    } finally {
      client.release();
    }
  },
  Kysely: (work) => kysely.transaction().execute(work),
  Knex: (work) => knex.transaction(work),
  Drizzle: (work) => drizzle(pool).transaction(work),
  // As Prisma calls it; Prisma itself has an engine that is downloaded.
  'a client of the kind of Prisma': (work) =>
    clientOf((client) => ({
      $queryRawUnsafe: async (text: string, ...values: unknown[]) =>
        (await client.query<object>(text, values)).rows,
    }))(work),
  'a function': (work) =>
    clientOf((client) => (text: string, values: unknown[]) => client.query(text, values))(work),
};

/** A transaction of `pg` behind a different interface. */
function clientOf(surface: (client: pg.PoolClient) => SqlClient) {
  return (work: (client: SqlClient) => Promise<void>): Promise<void> =>
    clients.pg?.((client) => work(surface(client as pg.PoolClient))) ??
    Promise.reject(new Error('no client'));
}

let pool: pg.Pool;
let kysely: Kysely<unknown>;
let knex: Knex;

beforeAll(() => {
  pool = new pg.Pool({ connectionString: service.databaseUrl });
  // A separate pool, which closing closes.
  kysely = new Kysely({
    dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: service.databaseUrl }) }),
  });
  knex = knexFactory({ client: 'pg', connection: service.databaseUrl });
});
afterAll(() => Promise.all([pool.end(), kysely.destroy(), knex.destroy()]));

const count = async (): Promise<number> =>
  (await service.db.selectFrom('outbox').select('id').where('jobType', '=', 'remind').execute()).length;

describe.each(Object.entries(clients))('a start in a transaction of %s', (_name, inTransaction) => {
  beforeEach(() => service.db.deleteFrom('outbox').execute());

  it('is made once that is committed', async () => {
    const invoiceId = randomUUID();
    let id = '';
    await inTransaction(async (client) => {
      ({ jobId: id } = await enqueue(client, remind, { invoiceId, note: "it's due" }));
    });
    expect(id).toBe(`remind:${invoiceId}`);
    expect(await jobWithStatus(service, id, 'completed')).toMatchObject({ result: { note: "it's due" } });
  });

  it('is listed in its transaction before the commit, and nowhere else', async () => {
    const [first, second] = [randomUUID(), randomUUID()];
    const startAt = new Date('2199-01-01T00:00:00.123Z');
    await inTransaction(async (client) => {
      await enqueue(client, remind, { invoiceId: first, note: 'first' });
      await enqueue(client, remind, { invoiceId: second, note: 'second' }, { dedupeKey: second, startAt });
      expect(await enqueuedIn(client)).toEqual([
        { type: 'remind', input: { invoiceId: first, note: 'first' }, dedupeKey: null, startAt: null },
        { type: 'remind', input: { invoiceId: second, note: 'second' }, dedupeKey: second, startAt },
      ]);
      expect(await enqueuedIn(pool)).toEqual([]);
    });
    await inTransaction(async (client) => expect(await enqueuedIn(client)).toEqual([]));
  });

  it('does not exist after a rollback', async () => {
    await expect(
      inTransaction(async (client) => {
        await enqueue(client, remind, { invoiceId: randomUUID(), note: 'never' });
        throw new RolledBack();
      }),
    ).rejects.toBeInstanceOf(RolledBack);
    expect(await count()).toBe(0);
  });
});

describe('a start', () => {
  beforeEach(() => service.db.deleteFrom('outbox').execute());

  const start = (options: EnqueueOptions, invoiceId = randomUUID()) =>
    enqueue(pool, remind, { invoiceId, note: 'later' }, options);

  it('is not listed after a rollback to a savepoint before it', async () => {
    await clients.pg?.(async (client) => {
      const connection = client as pg.PoolClient;
      await connection.query('SAVEPOINT before');
      await enqueue(client, remind, { invoiceId: randomUUID(), note: 'never' });
      expect(await enqueuedIn(client)).toHaveLength(1);
      await connection.query('ROLLBACK TO before');
      expect(await enqueuedIn(client)).toEqual([]);
    });
  });

  it('waits for its delay, by the clock of the database', async () => {
    await start({ delay: '7d' });
    const { startAt: at, createdAt: from } = await service.db
      .selectFrom('outbox')
      .select(['startAt', 'createdAt'])
      .executeTakeFirstOrThrow();
    expect((at?.getTime() ?? 0) - from.getTime()).toBe(7 * 86_400_000);
  });

  it('waits for its time', async () => {
    const startAt = new Date('2199-01-01T00:00:00.000Z');
    await start({ startAt });
    const row = await service.db.selectFrom('outbox').select('startAt').executeTakeFirstOrThrow();
    expect(row.startAt).toEqual(startAt);
  });

  it('is made once for each key of the caller', async () => {
    const key = randomUUID();
    const [first, second] = [await start({ dedupeKey: key }), await start({ dedupeKey: key })];
    expect(first).toEqual({ jobId: `remind:${key}` });
    expect(second).toEqual(first);
    expect(await count()).toBe(1);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['an input that its schema refuses', () => enqueue(pool, remind, { invoiceId: '17', note: '' })],
    ['a delay that is none', () => start({ delay: 'soon' })],
    ['two times', () => start({ delay: '1h', startAt: new Date() })],
    [
      'a client that runs no SQL',
      () => enqueue({} as SqlClient, remind, { invoiceId: randomUUID(), note: '' }),
    ],
  ])('is refused with %s, and commits nothing', async (_what, refused) => {
    await expect(refused()).rejects.toThrow();
    expect(await count()).toBe(0);
  });
});
