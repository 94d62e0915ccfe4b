import { randomBytes, randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attempt } from '../../packages/durable-jobs/src/work-queue/attempt.ts';
import type { WorkContext } from '../../packages/durable-jobs/src/work-queue/define-work-item.ts';
import { workKinds } from '../../activities/work-items/work-kinds.ts';
import { adjustStock } from '../../contracts/work-items.ts';
import { createBroker } from '../../packages/durable-jobs/src/messages/broker/create-broker.ts';
import { connectDatabase } from '../../packages/durable-jobs/src/database/connect.ts';
import type { Db } from '../../domain/database/schema.ts';
import { createMailer } from '../../packages/durable-jobs/src/mail/mailer.ts';
import { createStripeProvider } from '../../domain/payments/provider.ts';
import { createTemporalClient } from '../../packages/durable-jobs/src/engine/client.ts';
import { createCompletions } from '../../packages/durable-jobs/src/work-queue/completions.ts';
import { createWorkQueue } from '../../packages/durable-jobs/src/work-queue/work-queue.ts';
import { gate } from '../support/gate.ts';
import { registerUser, placeOrder } from '../support/job-actions.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { useService } from '../support/service.ts';
import { enqueueAdjustment } from '../support/work-items.ts';

/** The number that was observed to take every connection of the pool and wait for each other. */
const PARALLEL = 44;

describe('actions of operators, with encryption', () => {
  const service = useService({ payloadKeys: `k1:${randomBytes(32).toString('base64')}` });

  it(
    'are all answered when there are many at once, and leave other routes responsive',
    { timeout: 180_000 },
    async () => {
      const { id: userId } = await registerUser(service);
      await service.fault({ kind: 'status', status: 503, times: 1_000 });
      const { jobId } = await placeOrder(service, userId);
      await jobWithStatus(service, jobId, 'retrying');
      const pauses = Promise.all(
        Array.from({ length: PARALLEL }, () => service.request('POST', `/api/jobs/${jobId}/pause`)),
      );
      const others = Promise.all(
        Array.from({ length: 10 }, () => service.request('GET', `/api/users/${userId}`)),
      );
      expect(new Set((await others).map(({ status }) => status))).toEqual(new Set([200]));
      expect(new Set((await pauses).map(({ status }) => status))).toEqual(new Set([202]));
      expect(await jobWithStatus(service, jobId, 'paused')).toMatchObject({ plannedAttempts: [] });
      await service.request('POST', `/api/jobs/${jobId}/terminate`, { reason: 'the test is over' });
      await jobWithStatus(service, jobId, 'terminated');
    },
  );

  it('retry a run once, however many operators retry it concurrently', async () => {
    const { body } = await service.request('POST', '/api/jobs', {
      type: 'deleteExpired',
      dedupeKey: randomUUID(),
      delay: '1h',
    });
    const { jobId } = body as { jobId: string };
    // Its start is made in the background; before that, it would be withdrawn.
    await eventually(() => service.client.workflow.getHandle(jobId).describe());
    await service.request('POST', `/api/jobs/${jobId}/terminate`, { reason: 'to be retried' });
    await jobWithStatus(service, jobId, 'terminated');
    const retries = await Promise.all(
      Array.from({ length: 8 }, () => service.request('POST', `/api/jobs/${jobId}/retry`)),
    );
    expect(retries.map(({ status }) => status)).toContain(202);
    const retried = service.db.selectFrom('jobRetries').select('runId').where('jobId', '=', jobId);
    expect(await retried.execute()).toHaveLength(1);
    await jobWithStatus(service, jobId, 'completed');
  });
});

describe('a call to the engine', () => {
  const service = useService({ workers: false });
  const logger = pino({ level: 'silent' });
  let temporal: ReturnType<typeof createTemporalClient>;
  let db: Db;
  beforeAll(() => {
    temporal = createTemporalClient(
      { connection: { address: service.temporalAddress }, namespace: service.namespace },
      'test',
    );
    db = connectDatabase(service.databaseUrl, { poolSize: 1, logger, applicationName: 'test' });
  });
  afterAll(async () => {
    await db.destroy();
    await temporal.close();
  });
  const ask = () => temporal.client.workflow.count(`WorkflowId = '${randomUUID()}'`);
  const refusal = {
    cause: { message: expect.stringContaining('inside a database transaction') as string },
  };

  it('is refused inside a database transaction, and made after it', async () => {
    let later: Promise<unknown> | undefined;
    const ended = gate();
    for (const builder of [db.transaction(), db.transaction().setIsolationLevel('repeatable read')]) {
      await expect(builder.execute(ask)).rejects.toMatchObject(refusal);
    }
    await db.transaction().execute(() => {
      // Work that only began inside the transaction is no longer inside after it has ended.
      later = ended.opened.then(ask);
      return Promise.resolve();
    });
    ended.open();
    await expect(later).resolves.toMatchObject({ count: 0 });
    await expect(ask()).resolves.toMatchObject({ count: 0 });
  });

  it('is refused in the handler of a work item, whose transaction is open meanwhile', async () => {
    const id = await enqueueAdjustment(service.db, 'tea', 1);
    const queue = createWorkQueue({ db, kinds: workKinds.all, leaseMs: 60_000 });
    const [item] = await queue.getNext(1);
    if (item?.lease.id !== id) throw new Error('the item was not claimed');
    const kinds = workKinds.with([{ ...adjustStock, apply: () => ask().then(() => undefined) }]);
    const context: WorkContext = { workItemId: id, attempt: 1, signal: new AbortController().signal, logger };
    const complete = createCompletions(queue);
    await expect(attempt({ db, queue, kinds, complete }, item, context)).rejects.toMatchObject(refusal);
  });
});

describe('a call to another service', () => {
  const service = useService({ workers: false });

  it('is refused inside a database transaction', async () => {
    const db = connectDatabase(service.databaseUrl, {
      poolSize: 2,
      logger: pino({ level: 'silent' }),
      applicationName: 'test',
    });
    const payments = createStripeProvider({
      apiKey: 'sk_test_sandbox',
      apiUrl: service.sandboxUrl,
      timeoutMs: 5_000,
    });
    const mailer = createMailer({ smtpUrl: 'smtp://127.0.0.1:1', from: 'shop@example.com' });
    const broker = createBroker({ AMQP_URL: undefined, AMQP_IDLE_TIMEOUT: 10_000 }, db);
    const publisher = await broker.openPublisher('orders-queue');
    const message = {
      id: null,
      body: Buffer.from('{}'),
      contentType: null,
      correlationId: null,
      properties: {},
    };
    const email = { to: 'ada@example.com', subject: '', html: '', messageId: 'test' };
    const calls: Record<string, () => Promise<unknown>> = {
      payment: () => payments.getState('pi_1'),
      amount: () => payments.changeAmount('pi_1', 100),
      confirmation: () => payments.confirm('pi_1', 'pm_card_visa', 'key'),
      email: () => mailer.send(email),
      'look at the mail server': () => mailer.check(),
      message: () => publisher.publish(message),
      publisher: () => broker.openPublisher('orders-queue'),
      'second connection': () => sql`SELECT 1`.execute(db),
    };
    try {
      for (const [what, call] of Object.entries(calls)) {
        await expect(db.transaction().execute(call), what).rejects.toThrow('inside a database transaction');
      }
      await expect(calls['second connection']?.()).resolves.toMatchObject({ rows: [{}] });
    } finally {
      mailer.close();
      await publisher.close();
      await db.destroy();
    }
  });
});
