/** What an application's code throws because another server cannot be reached looks like an outage of the database, and is none. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { sql } from 'kysely';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { jobs } from '../../contracts/catalogue.ts';
import { jobRules } from '../../domain/job-rules.ts';
import { defineBulkTask } from '../../packages/durable-jobs/src/bulk/define-task.ts';
import { processChunk } from '../../packages/durable-jobs/src/bulk/process-chunk.ts';
import { createBulkUploads } from '../../packages/durable-jobs/src/bulk/uploads.ts';
import { createPostgresBroker } from '../../packages/durable-jobs/src/messages/broker/postgres-broker.ts';
import { createMessageConsumer } from '../../packages/durable-jobs/src/messages/consumer.ts';
import { defineMessageConsumer } from '../../packages/durable-jobs/src/messages/define-consumer.ts';
import { addOutgoingMessage } from '../../packages/durable-jobs/src/messages/outgoing-messages.ts';
import { createMessagePublisher } from '../../packages/durable-jobs/src/messages/publisher.ts';
import { connectDatabase, openPool } from '../../packages/durable-jobs/src/database/connect.ts';
import { isDatabaseUnavailable } from '../../packages/durable-jobs/src/database/unavailable.ts';
import { attempt, DatabaseLostError } from '../../packages/durable-jobs/src/work-queue/attempt.ts';
import { createWorkQueue } from '../../packages/durable-jobs/src/work-queue/work-queue.ts';
import { defineWorkItem } from '../../packages/durable-jobs/src/work-queue/define-work-item.ts';
import { enqueueWork } from '../../packages/durable-jobs/src/work-queue/enqueue.ts';
import { createWorkQueueService } from '../../packages/durable-jobs/src/work-queue/service.ts';
import { createWorkKinds } from '../../packages/durable-jobs/src/work-queue/work-kinds.ts';
import { eventually } from '../support/jobs.ts';
import { orderMessage } from '../support/order-messages.ts';
import { runService } from '../support/service-scope.ts';
import { useService } from '../support/service.ts';
import { readWorkItem } from '../support/work-items.ts';

const service = useService({ workers: false });

/** A role that may not connect: the server refuses it with the same error code as when all connections are taken. */
const role = `crowded_${randomUUID().slice(0, 8)}`;
beforeAll(() =>
  sql.raw(`CREATE ROLE ${role} LOGIN PASSWORD 'crowded' CONNECTION LIMIT 0`).execute(service.db),
);
afterAll(() => sql.raw(`DROP ROLE ${role}`).execute(service.db));

async function callRefusing(): Promise<never> {
  // No server listens there.
  const [error] = (await once(connect({ host: '127.0.0.1', port: 1 }), 'error')) as [Error];
  throw error;
}

async function callCrowded(): Promise<never> {
  const url = new URL(service.databaseUrl);
  url.username = role;
  url.password = 'crowded';
  await new pg.Client({ connectionString: url.href }).connect();
  throw new Error('the role has a connection');
}

/** Servers that a handler calls, and their errors. */
const others = [
  ['one that refuses connections', callRefusing, 'connect ECONNREFUSED 127.0.0.1:1'],
  ['a PostgreSQL whose connections are all taken', callCrowded, `too many connections for role "${role}"`],
] as const;

const kind = {
  kind: 'tell-warehouse',
  description: 'Tells the warehouse.',
  payload: z.strictObject({}),
  policy: { maximumAttempts: 2, initialIntervalMs: 1, maximumIntervalMs: 1 },
};

describe.each(others)('if the other server is %s', (_which, callOther, refusal) => {
  it.each([
    ['inside of its transaction', defineWorkItem({ ...kind, apply: callOther })],
    ['outside of a transaction', defineWorkItem({ ...kind, perform: callOther })],
  ])('a work item that fails %s uses up its attempts', async (_where, item) => {
    const { item: enqueued } = await enqueueWork(service.db, item, {});
    const kinds = createWorkKinds([item]);
    const running = runService(
      'work-queue',
      createWorkQueueService({ kinds, concurrency: 1, pollMs: 100 }),
      service,
    );
    try {
      await eventually(async () =>
        expect(await readWorkItem(service.db, enqueued.id)).toMatchObject({
          status: 'dead',
          attempts: 2,
          lastErrorMessage: refusal,
        }),
      );
    } finally {
      await running.stop();
    }
  });

  it('a message whose handler fails becomes a dead letter', async () => {
    const definition = defineMessageConsumer({
      id: 'warehouse-consumer',
      description: 'Tells the warehouse.',
      queue: 'warehouse-queue',
      body: z.strictObject({}),
      handle: callOther,
    });
    const broker = createPostgresBroker(service.db);
    const consumer = createMessageConsumer(definition, {
      broker,
      dispatcher: service.dispatcher,
      maxFailures: 2,
    });
    const publisher = createMessagePublisher({ broker, queues: [definition.queue] });
    const id = randomUUID();
    const running = [
      runService('message-publisher', publisher, service),
      runService(consumer.id, consumer, service),
    ];
    try {
      await service.db
        .transaction()
        .execute((trx) => addOutgoingMessage(trx, definition.queue, orderMessage({}, { id })));
      await eventually(async () =>
        expect(
          await service.db.selectFrom('deadLetters').selectAll().where('messageId', '=', id).execute(),
        ).toMatchObject([{ reasonCode: 'delivery_limit' }]),
      );
    } finally {
      await Promise.all(running.map((run) => run.stop()));
    }
  });

  it('an item of a bulk job whose task fails uses up an attempt', async () => {
    const task = defineBulkTask({
      name: 'tell-all',
      description: 'Tells the warehouse of each.',
      item: z.strictObject({}),
      perform: callOther,
    });
    const { id } = await createBulkUploads({ db: service.db, logger: pino({ level: 'silent' }) }).receive({
      task,
      // eslint-disable-next-line @typescript-eslint/require-await -- items arrive asynchronously
      async *open() {
        yield { path: '[0]', value: {} };
      },
      maxItems: 1,
      caller: { isStillValid: () => Promise.resolve(true) },
    });
    await processChunk(
      { db: service.db, temporal: service.client, jobs, jobRules },
      { id, task },
      { from: 0, to: 0 },
    );
    const items = await service.db
      .selectFrom('bulkItems')
      .select(['attempts', 'errorMessage'])
      .where('bulkJobId', '=', id)
      .execute();
    expect(items).toEqual([{ attempts: 1, errorMessage: refusal }]);
  });
});

it('an error of our own connection is known as such, and is reported even if no one handles it', async () => {
  const pool = openPool(service.databaseUrl, {
    poolSize: 1,
    logger: pino({ level: 'silent' }),
    applicationName: 'test',
  });
  const unhandled: unknown[] = [];
  const note = (error: unknown): number => unhandled.push(error);
  const listeners = process.rawListeners('unhandledRejection') as ((error: unknown) => void)[];
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', note);
  const end = 'SELECT pg_terminate_backend(pg_backend_pid())';
  try {
    const awaited: unknown = await pool.query(end).catch((error: unknown) => error);
    const called = await new Promise((resolve) => pool.query(end, resolve));
    for (const error of [awaited, called]) {
      expect(error).toMatchObject({ code: '57P01' });
      expect(isDatabaseUnavailable(error)).toBe(true);
    }
    void pool.query('SELECT nothing');
    await eventually(() => expect(unhandled).toMatchObject([{ code: '42703' }]));
  } finally {
    process.removeAllListeners('unhandledRejection');
    for (const listener of listeners) process.on('unhandledRejection', listener);
    await pool.end();
  }
});

it('a work item uses up no attempt if the database does not answer either', async () => {
  const item = defineWorkItem({ ...kind, perform: callRefusing });
  const { item: enqueued } = await enqueueWork(service.db, item, {});
  const kinds = createWorkKinds([item]);
  const queue = createWorkQueue({ db: service.db, kinds: kinds.all, leaseMs: 60_000 });
  const [claimed] = await queue.getNext(1);
  if (claimed?.lease.id !== enqueued.id) throw new Error('the item was not claimed');
  const logger = pino({ level: 'silent' });
  const away = connectDatabase('postgres://nobody@127.0.0.1:1/nothing', {
    poolSize: 1,
    logger,
    applicationName: 'test',
  });
  const context = { workItemId: enqueued.id, attempt: 1, signal: new AbortController().signal, logger };
  const complete = () => Promise.reject(new Error('not to be called'));
  try {
    await expect(attempt({ db: away, queue, kinds, complete }, claimed, context)).rejects.toBeInstanceOf(
      DatabaseLostError,
    );
  } finally {
    await away.destroy();
  }
});
