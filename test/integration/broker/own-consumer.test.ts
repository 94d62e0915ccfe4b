import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { z } from 'zod';
import type { Broker } from '../../../packages/durable-jobs/src/messages/broker/broker.ts';
import { createPostgresBroker } from '../../../packages/durable-jobs/src/messages/broker/postgres-broker.ts';
import { createMessageConsumer } from '../../../packages/durable-jobs/src/messages/consumer.ts';
import { defineMessageConsumer } from '../../../packages/durable-jobs/src/messages/define-consumer.ts';
import { addOutgoingMessage } from '../../../packages/durable-jobs/src/messages/outgoing-messages.ts';
import { createMessagePublisher } from '../../../packages/durable-jobs/src/messages/publisher.ts';
import { InvalidMessageError } from '../../../packages/durable-jobs/src/messages/read-message.ts';
import { eventually } from '../../support/jobs.ts';
import { orderMessage } from '../../support/order-messages.ts';
import { runService } from '../../support/service-scope.ts';
import { useService } from '../../support/service.ts';

const service = useService({ workers: false });
const queue = 'deliveries-queue';

/** A consumer of another application: it informs people that something arrived. */
const deliveries = defineMessageConsumer({
  id: 'delivery-consumer',
  description: 'Tells people what arrived.',
  queue,
  body: z.strictObject({ to: z.email(), parcels: z.int().min(1) }),
  async handle(trx, { id, body }) {
    if (body.to.endsWith('@nobody.example'))
      throw new InvalidMessageError('unknown_person', 'Nobody is there.');
    await trx
      .insertInto('emails')
      .values({ recipient: body.to, subject: 'It is here', bodyText: String(body.parcels), key: id })
      .onConflict((conflict) => conflict.column('key').doNothing())
      .execute();
    return [];
  },
});

const publishing = (broker: Broker, queues: readonly string[]) =>
  runService('message-publisher', createMessagePublisher({ broker, queues }), service);
const add = (name: string, body: unknown, id: string) =>
  service.db.transaction().execute((trx) => addOutgoingMessage(trx, name, orderMessage(body, { id })));

it('handles the messages of its queue once each, and keeps those that it never can', async () => {
  const broker = createPostgresBroker(service.db);
  const consumer = createMessageConsumer(deliveries, {
    broker,
    dispatcher: service.dispatcher,
    maxFailures: 3,
  });
  const running = [publishing(broker, [queue]), runService(consumer.id, consumer, service)];
  try {
    const [known, wrong, unknown] = [randomUUID(), randomUUID(), randomUUID()];
    await add(queue, { to: 'ada@example.com', parcels: 2 }, known);
    await add(queue, { to: 'ada@example.com', parcels: 2 }, known);
    await add(queue, { to: 'ada@example.com', parcels: 0 }, wrong);
    await add(queue, { to: 'bob@nobody.example', parcels: 1 }, unknown);
    await eventually(async () => {
      const open = await service.db
        .selectFrom('queuedMessages')
        .select('id')
        .where('status', 'in', ['ready', 'leased'])
        .execute();
      const letters = await service.db
        .selectFrom('deadLetters')
        .select(['messageId', 'reasonCode'])
        .execute();
      expect(open).toEqual([]);
      const emails = await service.db.selectFrom('emails').select(['key', 'bodyText']).execute();
      expect(emails).toEqual([{ key: known, bodyText: '2' }]);
      expect(Object.fromEntries(letters.map((letter) => [letter.messageId, letter.reasonCode]))).toEqual({
        [wrong]: 'validation_failed',
        [unknown]: 'unknown_person',
      });
    });
  } finally {
    await Promise.all(running.map((run) => run.stop()));
  }
});

it('is published to although the broker lacks another queue', async () => {
  const embedded = createPostgresBroker(service.db);
  const broker: Broker = {
    ...embedded,
    openPublisher: (name) =>
      name === queue ? embedded.openPublisher(name) : Promise.reject(new Error(`there is no queue ${name}`)),
  };
  const [kept, sent] = [randomUUID(), randomUUID()];
  await add('missing-queue', {}, kept);
  await add(queue, {}, sent);
  const running = publishing(broker, ['missing-queue', queue]);
  try {
    await eventually(async () => {
      const rows = await service.db
        .selectFrom('outgoingMessages')
        .select(['messageId', 'publishedAt'])
        .where('messageId', 'in', [kept, sent])
        .execute();
      const published = rows.filter((row) => row.publishedAt !== null).map((row) => row.messageId);
      expect(published).toEqual([sent]);
      expect(running.reports.map(({ error }) => String(error))).toContain(
        'Error: there is no queue missing-queue',
      );
    });
  } finally {
    await running.stop();
  }
});
