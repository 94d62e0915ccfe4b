import { randomBytes, randomUUID } from 'node:crypto';
import { message as sections } from 'rhea-promise';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { AmqpConnection } from '../../../packages/durable-jobs/src/messages/broker/amqp-connection.ts';
import { createAmqpBroker } from '../../../packages/durable-jobs/src/messages/broker/amqp-broker.ts';
import type { Broker } from '../../../packages/durable-jobs/src/messages/broker/broker.ts';
import { eventually, jobWithStatus } from '../../support/jobs.ts';
import { orderMessage, orderOf, registerUser, runConsumer, send } from '../../support/order-messages.ts';
import { createVirtualHost } from '../../support/rabbitmq.ts';
import type { RunningService } from '../../support/service-scope.ts';
import { useService } from '../../support/service.ts';

const service = useService();
const rabbitMq = inject('rabbitMq');

/** A body that is an AMQP value: nested lists. */
function nestedLists(levels: number): Buffer {
  const LIST32 = 0xd0;
  const NULL = 0x40;
  const VALUE_SECTION = [0x00, 0x53, 0x77];
  const heads = Array.from({ length: levels }, (_, inside) => {
    const head = Buffer.alloc(9);
    head[0] = LIST32;
    head.writeUInt32BE(inside * 9 + 1 + 4, 1);
    head.writeUInt32BE(1, 5);
    return head;
  });
  return Buffer.concat([Buffer.from(VALUE_SECTION), ...heads.reverse(), Buffer.from([NULL])]);
}

/** A message whose id and body are strings that are not UTF-8. */
function notUtf8(): Buffer {
  const message = sections.encode({
    message_id: 'shop-XX',
    content_type: 'application/json',
    body: '{"a":"XX"}',
  });
  return Buffer.from(message.toString('latin1').replaceAll('XX', '\xff\xfe'), 'latin1');
}

const plain = (change: object): Buffer =>
  sections.encode({ message_id: randomUUID(), content_type: 'application/json', body: '{}', ...change });

describe.skipIf(rabbitMq.amqpUrl === undefined)(`odd messages over AMQP ${rabbitMq.howToGet ?? ''}`, () => {
  let host: Awaited<ReturnType<typeof createVirtualHost>>;
  let broker: Broker;
  let consumer: RunningService;
  beforeAll(async () => {
    if (rabbitMq.amqpUrl === undefined) throw new Error(rabbitMq.howToGet);
    host = await createVirtualHost(rabbitMq);
    broker = createAmqpBroker({
      url: host.amqpUrl,
      idleTimeoutMs: 30_000,
      name: 'test',
      addressOf: () => host.queueAddress,
    });
    consumer = runConsumer(service, broker, { credit: 1 });
  });
  afterAll(async () => {
    await consumer.stop();
    await host.remove();
  });

  /** Sends the bytes of a message unchanged, as none of our clients would. */
  async function sendBytes(bytes: Buffer): Promise<void> {
    const connection = await AmqpConnection.open({ url: host.amqpUrl, idleTimeoutMs: 30_000 }, randomUUID());
    try {
      const sender = await connection.session.createAwaitableSender({
        target: { address: host.queueAddress },
      });
      await sender.send(bytes, { format: 0 });
    } finally {
      await connection.close();
    }
  }

  const reasons = async (): Promise<string[]> => {
    const { body } = await service.request('GET', '/api/dead-letters?limit=100');
    return (body as { items: { reason: { code: string } }[] }).items.map(({ reason }) => reason.code);
  };

  it.each<[string, () => Buffer, string]>([
    ['that no decoder reads, so deep is it', () => nestedLists(20_000), 'unreadable_message'],
    ['whose texts are not UTF-8', notUtf8, 'invalid_message_id'],
    [
      'with an id of 100 kB',
      () => plain({ message_id: randomBytes(50_000).toString('hex') }),
      'invalid_message_id',
    ],
    ['with a map as its body', () => plain({ body: { a: 1 } }), 'validation_failed'],
    [
      'with a sequence as its body',
      () => plain({ body: sections.sequence_section([1]) as unknown }),
      'validation_failed',
    ],
    ['with no body', () => plain({ body: null }), 'invalid_json'],
    [
      'with properties of every kind',
      () => plain({ application_properties: { 'a\0': { b: [] }, n: Number.NaN, t: new Date(0), s: '\0' } }),
      'validation_failed',
    ],
  ])('are dead letters, and hold up no other: one %s', async (_what, bytes, code) => {
    const before = await reasons();
    await sendBytes(bytes());
    const order = orderMessage(orderOf(await registerUser(service)));
    await send(broker, order);
    await jobWithStatus(service, `process-order:${order.id ?? ''}`, 'completed');
    await eventually(async () => expect(await reasons()).toEqual([code, ...before]));
  });
});
