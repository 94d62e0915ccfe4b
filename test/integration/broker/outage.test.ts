import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { createAmqpBroker } from '../../../packages/durable-jobs/src/messages/broker/amqp-broker.ts';
import type { Broker } from '../../../packages/durable-jobs/src/messages/broker/broker.ts';
import { eventually, jobWithStatus } from '../../support/jobs.ts';
import {
  orderMessage,
  orderOf,
  registerUser,
  runConsumer,
  runPublisher,
  send,
} from '../../support/order-messages.ts';
import { useOwnRabbitMq } from '../../support/own-rabbitmq.ts';
import type { RunningService } from '../../support/service-scope.ts';
import { useService } from '../../support/service.ts';

const { howToGet } = inject('rabbitMq');
const own = useOwnRabbitMq();
const service = useService();
/** A broker that restarts on a busy machine, and a back-off of half a minute. */
const PATIENCE_MS = 120_000;

describe.skipIf(howToGet !== undefined)(`an outage of the broker ${howToGet ?? ''}`, () => {
  let userId = '';
  let broker: Broker;
  const running: RunningService[] = [];
  beforeAll(async () => {
    userId = await registerUser(service);
    broker = createAmqpBroker({
      url: own.rabbitMq().amqpUrl,
      idleTimeoutMs: 4_000,
      name: 'test',
      addressOf: () => own.rabbitMq().queueAddress,
    });
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((one) => one.stop()));
  });

  const place = async (): Promise<string> => {
    const { status, body } = await service.request('POST', '/api/order-messages', orderOf(userId));
    expect(status).toBe(202);
    return (body as { orderId: string }).orderId;
  };
  const pending = () =>
    service.db.selectFrom('outgoingMessages').select('id').where('publishedAt', 'is', null).execute();
  const failures = ({ reports }: RunningService): number =>
    reports.filter(({ error }) => error !== undefined).length;
  const charges = async (orderId: string): Promise<number> => {
    const { charges: made } = await service.ledger(orderId);
    return made.length;
  };

  it(
    'delays messages and loses none: they are accepted, and delivered when it is back',
    async () => {
      const publisher = runPublisher(service, broker);
      const consumer = runConsumer(service, broker);
      running.push(publisher, consumer);
      const before = await place();
      await jobWithStatus(service, `process-order:${before}`, 'completed');

      await own.rabbitMq().stop();
      const during = await Promise.all([place(), place(), place()]);
      await eventually(() => expect(failures(consumer)).toBeGreaterThan(0));
      await eventually(() => expect(failures(publisher)).toBeGreaterThan(0));
      // Each waits longer after every failure: notifications of new messages do not change that. At most as many fit
      // into the time that passed, which is longer on a busy machine.
      const counted = failures(publisher) + failures(consumer);
      const begun = performance.now();
      for (let index = 0; index < 20; index++) {
        during.push(await place());
        await delay(100);
      }
      const seconds = (performance.now() - begun) / 1_000;
      const most = 2 * (Math.log2(seconds + 1) + seconds / 30 + 1);
      expect(failures(publisher) + failures(consumer) - counted).toBeLessThanOrEqual(most);
      expect(await pending()).toHaveLength(23);

      await own.rabbitMq().start();
      await eventually(async () => expect(await pending()).toEqual([]), PATIENCE_MS);
      await eventually(async () => {
        const done = await service.db
          .selectFrom('orders')
          .select('id')
          .where('id', 'in', during)
          .where('status', '=', 'completed')
          .execute();
        expect(done).toHaveLength(during.length);
      }, PATIENCE_MS);
      expect(await Promise.all(during.map(charges))).toEqual(during.map(() => 1));
    },
    3 * PATIENCE_MS,
  );

  it(
    'notices a broker that hangs by its silence, and continues when it answers again',
    async () => {
      const consumer = runConsumer(service, broker);
      running.push(consumer);
      const first = orderMessage(orderOf(userId));
      // The connection of a broker that is silent for four seconds ends, as it may be on a busy machine.
      await eventually(() => send(broker, first), PATIENCE_MS);
      await jobWithStatus(service, `process-order:${first.id ?? ''}`, 'completed');
      own.rabbitMq().signal('SIGSTOP');
      try {
        await eventually(() => expect(failures(consumer)).toBeGreaterThan(0), PATIENCE_MS);
      } finally {
        own.rabbitMq().signal('SIGCONT');
      }
      const second = orderMessage(orderOf(userId));
      await eventually(() => send(broker, second), PATIENCE_MS);
      await eventually(async () => {
        const [row] = await service.db
          .selectFrom('orderMessages')
          .selectAll()
          .where('messageId', '=', second.id ?? '')
          .execute();
        expect(row).toBeDefined();
      }, PATIENCE_MS);
    },
    3 * PATIENCE_MS,
  );
});
