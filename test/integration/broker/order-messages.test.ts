import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { orderIdOf } from '../../../domain/orders/order-id.ts';
import { createAmqpBroker } from '../../../packages/durable-jobs/src/messages/broker/amqp-broker.ts';
import type { Broker, Message } from '../../../packages/durable-jobs/src/messages/broker/broker.ts';
import { createPostgresBroker } from '../../../packages/durable-jobs/src/messages/broker/postgres-broker.ts';
import { eventually, jobWithStatus } from '../../support/jobs.ts';
import {
  orderMessage,
  orderOf,
  registerUser,
  runConsumer,
  runPublisher,
  send,
} from '../../support/order-messages.ts';
import { artemisHome, openArtemis } from '../../support/artemis.ts';
import { createVirtualHost } from '../../support/rabbitmq.ts';
import type { RunningService } from '../../support/service-scope.ts';
import { useService } from '../../support/service.ts';

const service = useService();
const rabbitMq = inject('rabbitMq');
let userId = '';

beforeAll(async () => {
  userId = await registerUser(service);
});

interface Letter {
  id: string;
  status: string;
  messageId: string | null;
  times: number;
  reason: { code: string; message: string };
}

const letters = async (): Promise<Letter[]> => {
  const { body } = await service.request('GET', '/api/dead-letters?limit=100');
  return (body as { items: Letter[] }).items;
};

const letterOf = (messageId: string): Promise<Letter> =>
  eventually(async () => {
    const letter = (await letters()).find((one) => one.messageId === messageId);
    if (!letter) throw new Error(`there is no dead letter of ${messageId}`);
    return letter;
  });

/** Starts that were committed for an order. */
const startsOf = (orderId: string) =>
  service.db.selectFrom('outbox').select('id').where('jobId', '=', `process-order:${orderId}`).execute();

const brokers: {
  name: string;
  open: () => Promise<{ broker: Broker; close: () => Promise<void> }>;
  missing?: string | undefined;
}[] = [
  {
    name: 'the embedded queue',
    open: () => Promise.resolve({ broker: createPostgresBroker(service.db), close: () => Promise.resolve() }),
  },
  {
    name: 'RabbitMQ',
    missing: rabbitMq.howToGet,
    open: async () => {
      if (rabbitMq.amqpUrl === undefined) throw new Error(rabbitMq.howToGet);
      const host = await createVirtualHost(rabbitMq);
      const broker = createAmqpBroker({
        url: host.amqpUrl,
        idleTimeoutMs: 30_000,
        name: 'test',
        addressOf: () => host.queueAddress,
      });
      return { broker, close: host.remove };
    },
  },
  ...(artemisHome === undefined ? [] : [{ name: 'Artemis', open: openArtemis }]),
];

for (const { name, open, missing } of brokers) {
  describe.skipIf(missing !== undefined)(`orders by way of ${name} ${missing ?? ''}`, () => {
    let broker: Broker;
    let close = (): Promise<void> => Promise.resolve();
    const running: RunningService[] = [];
    beforeAll(async () => {
      ({ broker, close } = await open());
    });
    afterEach(async () => {
      await Promise.all(running.splice(0).map((one) => one.stop()));
    });
    afterAll(() => close());

    const consumer = (settings?: Parameters<typeof runConsumer>[2]): RunningService => {
      const started = runConsumer(service, broker, settings);
      running.push(started);
      return started;
    };
    const publisher = (): RunningService => {
      const started = runPublisher(service, broker);
      running.push(started);
      return started;
    };

    it('places an order, publishes its message, and starts its job: one charge', async () => {
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      const answer = await service.request('POST', '/api/order-messages', orderOf(userId), { traceparent });
      expect(answer.status).toBe(202);
      const { orderId, messageId } = answer.body as { orderId: string; messageId: string };
      expect(messageId).toBe(orderId);
      expect(answer.headers.get('location')).toBe(`/api/orders/${orderId}`);
      const row = await service.db
        .selectFrom('outgoingMessages')
        .selectAll()
        .where('messageId', '=', messageId)
        .executeTakeFirstOrThrow();
      expect(row).toMatchObject({
        contentType: 'application/json',
        correlationId: answer.headers.get('x-request-id'),
        properties: { traceparent },
        publishedAt: null,
      });
      publisher();
      consumer();
      await jobWithStatus(service, `process-order:${orderId}`, 'completed');
      expect((await service.ledger(orderId)).charges).toHaveLength(1);
      // The publisher records it after the broker has the message, which a consumer may handle first.
      await eventually(async () => {
        const published = await service.db
          .selectFrom('outgoingMessages')
          .select('publishedAt')
          .where('messageId', '=', messageId)
          .executeTakeFirstOrThrow();
        expect(published.publishedAt).toBeInstanceOf(Date);
      });
    });

    it('makes one order, one job and one charge of the same message ten times', async () => {
      consumer();
      const message = orderMessage(orderOf(userId), { id: `shop-42/${randomUUID()}` });
      await send(broker, ...Array.from({ length: 10 }, () => message));
      const orderId = orderIdOf(message.id ?? '');
      await jobWithStatus(service, `process-order:${orderId}`, 'completed');
      await send(broker, message);
      // Messages are settled in order, so when this one is settled, so are the others.
      const last = orderMessage(orderOf(userId));
      await send(broker, last);
      await jobWithStatus(service, `process-order:${last.id ?? ''}`, 'completed');
      expect(await startsOf(orderId)).toHaveLength(1);
      expect((await service.ledger(orderId)).charges).toHaveLength(1);
      expect((await letters()).filter((letter) => letter.messageId === message.id)).toEqual([]);
    });

    it.each<[string, () => Message, string]>([
      ['no JSON', () => orderMessage('{"userId":"secret'), 'invalid_json'],
      [
        'another content type',
        () => orderMessage('<order/>', { contentType: 'text/xml' }),
        'unsupported_content_type',
      ],
      [
        'no content type',
        () => orderMessage(orderOf(userId), { contentType: null }),
        'unsupported_content_type',
      ],
      ['no items', () => orderMessage(orderOf(userId, { items: [] })), 'validation_failed'],
      ['an unknown user', () => orderMessage(orderOf(randomUUID())), 'unknown_user'],
      [
        'an endless message id',
        () => orderMessage(orderOf(userId), { id: `${randomUUID()}${'x'.repeat(300)}` }),
        'invalid_message_id',
      ],
      ['a huge body', () => orderMessage(' '.repeat(300_000)), 'body_too_large'],
    ])('keeps a message with %s as a dead letter', async (_what, make, code) => {
      consumer();
      const message = make();
      await send(broker, message);
      const letter = await letterOf(message.id ?? '');
      expect(letter).toMatchObject({ status: 'open', times: 1, reason: { code } });
      expect(letter.reason.message).not.toContain('secret');
      const { body, headers } = await service.request('GET', `/api/dead-letters/${letter.id}`);
      expect(body).toMatchObject({ body: { encoding: 'utf8', content: message.body.toString() } });
      expect(headers.get('cache-control')).toBe('no-store');
    });

    it('dead-letters a message without an id, or with the id of another order', async () => {
      consumer();
      const sku = `nameless-${randomUUID()}`;
      const nameless = orderOf(userId, { items: [{ sku, quantity: 1, unitAmount: 100 }] });
      await send(broker, orderMessage(nameless, { id: null }));
      await eventually(async () => {
        const [newest] = await letters();
        expect(newest).toMatchObject({ messageId: null, reason: { code: 'missing_message_id' } });
        const { body } = await service.request('GET', `/api/dead-letters/${newest?.id ?? ''}`);
        expect(body).toMatchObject({ body: { content: JSON.stringify(nameless) } });
      });
      const first = orderMessage(orderOf(userId));
      await send(broker, first);
      await eventually(async () => expect(await startsOf(first.id ?? '')).toHaveLength(1));
      const items = [{ sku: 'coffee', quantity: 1, unitAmount: 900 }];
      await send(broker, orderMessage(orderOf(userId, { items }), { id: first.id }));
      expect(await letterOf(first.id ?? '')).toMatchObject({ reason: { code: 'message_id_reused' } });
    });

    it('republishes a dead letter once, and handles it when its cause is fixed', async () => {
      consumer();
      publisher();
      const newUser = randomUUID();
      const message = orderMessage(orderOf(newUser), { id: `later-${randomUUID()}` });
      await send(broker, message);
      const letter = await letterOf(message.id ?? '');
      await service.db
        .insertInto('users')
        .values({ id: newUser, email: `${newUser}@example.com`, name: 'Eve', passwordHash: '' })
        .execute();
      const path = `/api/dead-letters/${letter.id}`;
      const requeued = await service.request('POST', `${path}/requeue`);
      expect(requeued).toMatchObject({ status: 202, body: { status: 'requeued' } });
      await jobWithStatus(service, `process-order:${orderIdOf(message.id ?? '')}`, 'completed');
      const closed = { status: 409, body: { code: 'dead_letter_closed' } };
      expect(await service.request('POST', `${path}/requeue`)).toMatchObject(closed);
      expect(await service.request('POST', `${path}/discard`, { reason: 'too late' })).toMatchObject(closed);
    });

    it('gives up a dead letter for a reason, and makes a new one when the message comes again', async () => {
      consumer();
      const message = orderMessage('no order');
      await send(broker, message);
      const letter = await letterOf(message.id ?? '');
      const path = `/api/dead-letters/${letter.id}/discard`;
      expect(await service.request('POST', path, {})).toMatchObject({ status: 400 });
      const answer = await service.request('POST', path, { reason: 'a test' });
      expect(answer).toMatchObject({ status: 200, body: { status: 'discarded', discardReason: 'a test' } });
      await send(broker, message);
      await eventually(async () => {
        const all = (await letters()).filter((one) => one.messageId === message.id);
        expect(all.map(({ status }) => status)).toEqual(['open', 'discarded']);
      });
      await send(broker, message, message);
      await eventually(async () => expect(await letterOf(message.id ?? '')).toMatchObject({ times: 3 }));
    });

    it('hands out a message that fails again after a back-off, and dead-letters it after its failures', async () => {
      await poison('poison', true);
      try {
        const failing = consumer({ maxFailures: 3 });
        const poisoned = orderMessage(
          orderOf(userId, { items: [{ sku: 'poison', quantity: 1, unitAmount: 100 }] }),
        );
        const healthy = orderMessage(orderOf(userId));
        await send(broker, poisoned, healthy);
        // It does not delay the others.
        await jobWithStatus(service, `process-order:${healthy.id ?? ''}`, 'completed');
        const letter = await letterOf(poisoned.id ?? '');
        expect(letter.reason).toMatchObject({ code: 'delivery_limit' });
        expect(letter.reason.message).toContain('It failed 3 times');
        await eventually(() =>
          expect(failing.reports.filter(({ failed }) => failed !== undefined)).toHaveLength(3),
        );
        const left = await service.db.selectFrom('messageFailures').selectAll().execute();
        expect(left).toEqual([]);
        expect(await startsOf(poisoned.id ?? '')).toEqual([]);
      } finally {
        await poison('poison', false);
      }
    });

    it('forgets the failures of a message that is handled at last', async () => {
      await poison('medicine', true);
      const message = orderMessage(
        orderOf(userId, { items: [{ sku: 'medicine', quantity: 1, unitAmount: 100 }] }),
      );
      try {
        consumer({ maxFailures: 50 });
        await send(broker, message);
        await eventually(async () => {
          const [row] = await service.db.selectFrom('messageFailures').selectAll().execute();
          expect(row?.messageKey).toBe(message.id);
          expect(row?.failures).toBeGreaterThan(0);
        });
      } finally {
        await poison('medicine', false);
      }
      await jobWithStatus(service, `process-order:${message.id ?? ''}`, 'completed');
      expect(await service.db.selectFrom('messageFailures').selectAll().execute()).toEqual([]);
    });

    it('counts no failure of a message for a database outage, and continues after it', async () => {
      const outage = consumer({ maxFailures: 1 });
      const first = orderMessage(orderOf(userId));
      await send(broker, first);
      await jobWithStatus(service, `process-order:${first.id ?? ''}`, 'completed');
      const during = orderMessage(orderOf(userId));
      await lockOrders(async () => {
        await send(broker, during);
        // Each attempt ends as the database's own timeout would end it.
        await eventually(() => {
          expect(outage.reports.some(({ failed }) => failed !== undefined)).toBe(true);
        });
      });
      await jobWithStatus(service, `process-order:${during.id ?? ''}`, 'completed');
      expect((await letters()).filter((letter) => letter.messageId === during.id)).toEqual([]);
    });
  });
}

/** Makes the database refuse orders with an item, as a bug would, or accept them again. */
async function poison(sku: string, on: boolean): Promise<void> {
  if (on) {
    await sql`
      CREATE FUNCTION refuse_item() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'a bug';
      END $$`.execute(service.db);
    await sql`
      CREATE TRIGGER refuse_item BEFORE INSERT ON order_items FOR EACH ROW
      WHEN (NEW.sku = ${sql.lit(sku)}) EXECUTE FUNCTION refuse_item()`.execute(service.db);
  } else {
    await sql`DROP FUNCTION refuse_item CASCADE`.execute(service.db);
  }
}

/** Cancels every query on orders while `work` runs, as the server does with queries that take too long. */
async function lockOrders(work: () => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: service.databaseUrl });
  await client.connect();
  const cancel = setInterval(() => {
    void service.db
      .selectNoFrom(
        sql`(SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity
             WHERE datname = current_database() AND wait_event_type = 'Lock')`.as('cancelled'),
      )
      .execute();
  }, 100);
  try {
    await client.query('BEGIN; LOCK TABLE order_messages');
    await work();
  } finally {
    clearInterval(cancel);
    await client.query('COMMIT');
    await client.end();
  }
}
