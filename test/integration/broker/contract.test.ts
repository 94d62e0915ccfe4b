import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { queues } from '../../../contracts/names.ts';
import type {
  Broker,
  ConsumeOptions,
  Message,
  Outcome,
} from '../../../packages/durable-jobs/src/messages/broker/broker.ts';
import type { TlsSettings } from '../../../packages/durable-jobs/src/config/tls.ts';
import { createAmqpBroker } from '../../../packages/durable-jobs/src/messages/broker/amqp-broker.ts';
import { createPostgresBroker } from '../../../packages/durable-jobs/src/messages/broker/postgres-broker.ts';
import { artemisHome, openArtemis } from '../../support/artemis.ts';
import { openTestDatabase } from '../../support/database.ts';
import { gate } from '../../support/gate.ts';
import { eventually } from '../../support/jobs.ts';
import { createVirtualHost } from '../../support/rabbitmq.ts';

/** A broker under test, and the content of its dead-letter queue. */
interface Subject {
  broker: Broker;
  deadBodies: () => Promise<string[]>;
  close: () => Promise<void>;
}

const rabbitMq = inject('rabbitMq');

async function overRabbitMq(): Promise<Subject> {
  if (rabbitMq.amqpUrl === undefined) throw new Error(rabbitMq.howToGet);
  const host = await createVirtualHost(rabbitMq);
  return {
    broker: createAmqpBroker({
      url: host.amqpUrl,
      idleTimeoutMs: 30_000,
      name: 'test',
      addressOf: () => host.queueAddress,
    }),
    deadBodies: () => host.bodiesIn('orders-queue.dead'),
    close: host.remove,
  };
}

async function overPostgres(): Promise<Subject> {
  const { db, close } = await openTestDatabase();
  return {
    broker: createPostgresBroker(db),
    deadBodies: async () => {
      const rows = await db
        .selectFrom('queuedMessages')
        .select('body')
        .where('status', '=', 'dead')
        .orderBy('id')
        .execute();
      return rows.map(({ body }) => body.toString('utf8'));
    },
    close,
  };
}

const accept: Outcome = { kind: 'accept' };

const message = (body: string, change: Partial<Message> = {}): Message => ({
  id: randomUUID(),
  body: Buffer.from(body),
  contentType: 'application/json',
  correlationId: null,
  properties: {},
  ...change,
});

const suites = [
  { name: 'over RabbitMQ', open: overRabbitMq, missing: rabbitMq.howToGet },
  { name: 'over PostgreSQL', open: overPostgres, missing: undefined },
  ...(artemisHome === undefined ? [] : [{ name: 'over Artemis', open: openArtemis, missing: undefined }]),
];

for (const { name, open, missing } of suites) {
  describe.skipIf(missing !== undefined)(`a broker ${name} ${missing ?? ''}`, () => {
    let subject: Subject;
    const consumers: { stop: () => Promise<void> }[] = [];
    beforeAll(async () => {
      subject = await open();
    });
    afterEach(async () => {
      await Promise.all(consumers.splice(0).map((consumer) => consumer.stop()));
    });
    afterAll(() => subject.close());

    /** Consumes until it is stopped. Resolves when messages can arrive. */
    async function consume(
      handle: ConsumeOptions['handle'],
      credit = 5,
    ): Promise<{ stop: () => Promise<void> }> {
      const stopping = new AbortController();
      const attached = gate();
      const running = subject.broker.consume(queues.orders, {
        credit,
        handle,
        signal: stopping.signal,
        onAttached: attached.open,
        wait: (ms) => delay(Math.min(ms, 50), undefined, { signal: stopping.signal }).catch(() => undefined),
      });
      await Promise.race([attached.opened, running]);
      const consumer = {
        stop: async () => {
          stopping.abort();
          await running;
        },
      };
      consumers.push(consumer);
      return consumer;
    }

    async function publish(...messages: Message[]): Promise<void> {
      const publisher = await subject.broker.openPublisher(queues.orders);
      await Promise.all(messages.map((one) => publisher.publish(one)));
      await publisher.close();
    }

    it('delivers published messages with all their properties', async () => {
      const sent = message('{"text":"Grüße"}', {
        correlationId: 'request-1',
        properties: {
          traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
          retries: 3,
          urgent: true,
        },
      });
      const bare = message('', { id: null, contentType: null });
      await publish(sent, bare);
      const received: Message[] = [];
      await consume((one) => {
        received.push(one);
        return Promise.resolve(accept);
      });
      await eventually(() => expect(received).toHaveLength(2));
      expect(received[0]).toEqual(sent);
      expect(received[1]).toEqual(bare);
    });

    it('keeps the order of calls that overlap', async () => {
      const bodies = Array.from({ length: 200 }, (_, index) => String(index));
      await publish(...bodies.map((body) => message(body)));
      const received: string[] = [];
      await consume((one) => {
        received.push(one.body.toString());
        return Promise.resolve(accept);
      }, 1);
      await eventually(() => expect(received).toHaveLength(200));
      expect(received).toEqual(bodies);
    });

    it('delivers no more than the credit concurrently, and the next when one is settled', async () => {
      await publish(...Array.from({ length: 9 }, (_, index) => message(String(index))));
      const gates: ReturnType<typeof gate>[] = [];
      await consume(async () => {
        const mine = gate();
        gates.push(mine);
        await mine.opened;
        return accept;
      }, 3);
      await eventually(() => expect(gates).toHaveLength(3));
      await delay(300);
      expect(gates).toHaveLength(3);
      gates[1]?.open();
      await eventually(() => expect(gates).toHaveLength(4));
      const opener = setInterval(() => {
        for (const each of gates) each.open();
      }, 20);
      await eventually(() => expect(gates).toHaveLength(9));
      clearInterval(opener);
      for (const each of gates) each.open();
    });

    it('moves a rejected message to the dead-letter queue, and never hands it out again', async () => {
      const body = `rejected ${randomUUID()}`;
      let times = 0;
      await consume((one) => {
        if (one.body.toString() !== body) return Promise.resolve(accept);
        times++;
        return Promise.resolve({ kind: 'reject', code: 'invalid', reason: 'it is not valid' });
      });
      await publish(message(body));
      await eventually(async () => expect(await subject.deadBodies()).toContain(body));
      expect(times).toBe(1);
    });

    it('redelivers a released message, no sooner than requested', async () => {
      const times: number[] = [];
      await consume(() => {
        times.push(performance.now());
        return Promise.resolve(times.length === 3 ? accept : { kind: 'release', afterMs: 600 });
      });
      await publish(message('released'));
      await eventually(() => expect(times).toHaveLength(3));
      expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(590);
      expect((times[2] ?? 0) - (times[1] ?? 0)).toBeGreaterThanOrEqual(590);
    });

    it('continues with other messages while one waits to be redelivered', async () => {
      const received: string[] = [];
      await consume((one) => {
        const body = one.body.toString();
        received.push(body);
        const again = received.filter((each) => each === body).length > 1;
        return Promise.resolve(body === 'slow' && !again ? { kind: 'release', afterMs: 10_000 } : accept);
      }, 2);
      await publish(message('slow'), message('one'), message('two'), message('three'));
      await eventually(() => expect(received).toHaveLength(5));
      expect(received.at(-1)).toBe('slow');
    });

    it('lets messages that are in progress end when it is stopped, and leaves the others in the queue', async () => {
      await publish(...Array.from({ length: 4 }, (_, index) => message(`drained ${index}`)));
      const begun: string[] = [];
      const mayEnd = gate();
      const first = await consume(async (one) => {
        begun.push(one.body.toString());
        await mayEnd.opened;
        return accept;
      }, 2);
      await eventually(() => expect(begun).toHaveLength(2));
      const stopped = first.stop();
      await delay(200);
      mayEnd.open();
      await stopped;
      expect(begun).toHaveLength(2);
      const rest: string[] = [];
      await consume((one) => {
        rest.push(one.body.toString());
        return Promise.resolve(accept);
      });
      await eventually(() => expect(rest).toHaveLength(2));
      expect([...begun, ...rest].toSorted()).toEqual(['drained 0', 'drained 1', 'drained 2', 'drained 3']);
    });

    it('returns a message that waits for its release at once when it is stopped', async () => {
      await publish(message('waits'));
      const seen = gate();
      const first = await consume(() => {
        seen.open();
        return Promise.resolve({ kind: 'release', afterMs: 600_000 });
      });
      await seen.opened;
      const start = performance.now();
      await first.stop();
      expect(performance.now() - start).toBeLessThan(60_000);
    });

    it('shares a queue among consumers, each message with one of them', async () => {
      const received: string[] = [];
      const handle = (one: Message): Promise<Outcome> => {
        received.push(one.body.toString());
        return delay(1).then(() => accept);
      };
      await consume(handle);
      await consume(handle);
      const bodies = Array.from({ length: 100 }, (_, index) => `shared ${index}`);
      await publish(...bodies.map((body) => message(body)));
      // Messages of another test are included.
      const shared = () => received.filter((body) => body.startsWith('shared'));
      await eventually(() => expect(shared()).toHaveLength(100));
      expect(new Set(shared()).size).toBe(100);
    });
  });
}

it('over PostgreSQL, does not hand out a message again that is in progress here, although its lease has expired', async () => {
  const { db, close } = await openTestDatabase();
  const broker = createPostgresBroker(db);
  const publisher = await broker.openPublisher(queues.orders);
  const stopping = new AbortController();
  const received: string[] = [];
  const mayEnd = gate();
  let consuming = Promise.resolve();
  try {
    await publisher.publish(message('slow'));
    consuming = broker.consume(queues.orders, {
      credit: 5,
      handle: async ({ body }) => {
        received.push(body.toString());
        if (body.toString() === 'slow') await mayEnd.opened;
        return accept;
      },
      signal: stopping.signal,
      onAttached: () => undefined,
      wait: (ms) => delay(Math.min(ms, 50), undefined, { signal: stopping.signal }).catch(() => undefined),
    });
    await eventually(() => expect(received).toEqual(['slow']));
    // As after a time in which the process was frozen.
    await db
      .updateTable('queuedMessages')
      .set({ visibleAt: new Date(Date.now() - 60_000) })
      .execute();
    await publisher.publish(message('next'));
    await eventually(() => expect(received).toContain('next'));
    expect(received).toEqual(['slow', 'next']);
    mayEnd.open();
    stopping.abort();
    await consuming;
    const rows = await db.selectFrom('queuedMessages').select('status').execute();
    expect(rows.map(({ status }) => status)).toEqual(['accepted', 'accepted']);
  } finally {
    mayEnd.open();
    stopping.abort();
    await consuming.catch(() => undefined);
    await publisher.close();
    await close();
  }
});

describe.skipIf(rabbitMq.amqpUrl === undefined)(`a broker over AMQP ${rabbitMq.howToGet ?? ''}`, () => {
  const queueAddress = rabbitMq.queueAddress ?? '';
  const brokerAt = (
    url: string,
    { address = queueAddress, tls }: { address?: string; tls?: TlsSettings } = {},
  ): Broker => createAmqpBroker({ url, tls, idleTimeoutMs: 30_000, name: 'test', addressOf: () => address });
  const url = rabbitMq.amqpUrl ?? '';

  it('is used with TLS by clients that have a certificate', async () => {
    const [ca, cert, key] = ['ca', 'client', 'client.key'].map((name) =>
      readFileSync(new URL(`../../support/certificates/${name}.pem`, import.meta.url), 'utf8'),
    );
    const tlsUrl = rabbitMq.tlsUrl ?? '';
    const broker = brokerAt(tlsUrl, { tls: { ca, cert, key } });
    const publisher = await broker.openPublisher(queues.orders);
    await publisher.publish(message('over TLS'));
    await publisher.close();
    const received: string[] = [];
    const stopping = new AbortController();
    await broker.consume(queues.orders, {
      credit: 1,
      handle: (one) => {
        received.push(one.body.toString());
        stopping.abort();
        return Promise.resolve(accept);
      },
      signal: stopping.signal,
      onAttached: () => undefined,
      wait: () => Promise.resolve(),
    });
    expect(received).toEqual(['over TLS']);
    const refused = (tls: TlsSettings) =>
      expect(brokerAt(tlsUrl, { tls }).openPublisher(queues.orders)).rejects;
    await refused({ ca }).toThrow(/no connection to the broker: .*certificate required/);
    await refused({ ca: rootCertificates[0], cert, key }).toThrow(
      'no connection to the broker: self-signed certificate in certificate chain',
    );
  });

  it('reports a missing queue rather than losing messages', async () => {
    await expect(
      brokerAt(url, { address: queueAddress.replace('orders-queue', 'missing') }).openPublisher(
        queues.orders,
      ),
    ).rejects.toThrow(/not-found.*missing/);
  });

  it('says that the password is wrong, and that no server is listening', async () => {
    const wrong = new URL(url);
    wrong.password = 'wrong';
    await expect(brokerAt(wrong.href).openPublisher(queues.orders)).rejects.toThrow(/no connection.*auth/i);
    await expect(brokerAt('amqp://user:secret@127.0.0.1:1').openPublisher(queues.orders)).rejects.toThrow(
      /ECONNREFUSED/,
    );
  });

  it('never shows the password', () => {
    expect(brokerAt('amqps://user:secret@broker.example').description).toBe(
      'AMQP 1.0 at broker.example:5671 (TLS)',
    );
  });
});
