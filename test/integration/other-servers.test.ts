/** What an application's code throws because another server cannot be reached looks like an outage of the database, and is none. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { pino } from 'pino';
import { expect, it } from 'vitest';
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
import { connectDatabase } from '../../packages/durable-jobs/src/database/connect.ts';
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

const refusal = 'connect ECONNREFUSED 127.0.0.1:1';

async function callOther(): Promise<never> {
  // No server listens there.
  const [error] = (await once(connect({ host: '127.0.0.1', port: 1 }), 'error')) as [Error];
  throw error;
}

const kind = {
  kind: 'tell-warehouse',
  description: 'Tells the warehouse.',
  payload: z.strictObject({}),
  policy: { maximumAttempts: 2, initialIntervalMs: 1, maximumIntervalMs: 1 },
};

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

it('a work item uses up no attempt if the database does not answer either', async () => {
  const item = defineWorkItem({ ...kind, perform: callOther });
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
      expect(await service.db.selectFrom('deadLetters').selectAll().execute()).toMatchObject([
        { messageId: id, reasonCode: 'delivery_limit' },
      ]),
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
