import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { reservePort } from '../../packages/durable-jobs/src/dev/ports.ts';
import { startProcess } from '../../packages/durable-jobs/src/dev/supervised-process.ts';
import { createAmqpBroker } from '../../packages/durable-jobs/src/messages/broker/amqp-broker.ts';
import type { Broker } from '../../packages/durable-jobs/src/messages/broker/broker.ts';

const USER = 'tests';
const PASSWORD = 'secret';

/** The folder of an unpacked Apache Artemis, which ARTEMIS_HOME names; without it, no test uses one. */
export const artemisHome = process.env.ARTEMIS_HOME;

/** An Artemis with the queue of orders and its dead-letter queue, as docs/message-queue.md describes them. */
interface Artemis {
  broker: Broker;
  /** The bodies of the messages that have arrived in the dead-letter queue. */
  deadBodies: () => Promise<string[]>;
  close: () => Promise<void>;
}

/** Starts an Artemis with data of its own. */
export async function openArtemis(): Promise<Artemis> {
  const dir = await mkdtemp(join(tmpdir(), 'durable-jobs-test-'));
  const { port, release } = await reservePort();
  const instance = join(dir, 'artemis');
  const account = ['--user', USER, '--password', PASSWORD, '--role', 'amq', '--require-login', '--silent'];
  await promisify(execFile)(join(artemisHome ?? '', 'bin', 'artemis'), [
    ...['create', instance, ...account, '--no-web', '--no-autotune', '--nio'],
  ]);
  await writeFile(join(instance, 'etc', 'broker.xml'), configuration(port));
  const server = await startProcess({
    name: 'Artemis',
    command: join(instance, 'bin', 'artemis'),
    args: ['run'],
    env: process.env,
    logFile: join(dir, 'artemis.log'),
    isReady: () => accepts(port),
    readyTimeoutMs: 120_000,
    stopSignal: 'SIGTERM',
    stopGraceMs: 30_000,
  });
  const brokerOf = (queue: string): Broker =>
    createAmqpBroker({
      url: `amqp://${USER}:${PASSWORD}@127.0.0.1:${port}`,
      idleTimeoutMs: 30_000,
      name: 'test',
      addressOf: () => queue,
    });
  const dead: string[] = [];
  const stopping = new AbortController();
  const reading = brokerOf('orders-queue.dead').consume('dead', {
    credit: 50,
    handle: ({ body }) => {
      dead.push(body.toString());
      return Promise.resolve({ kind: 'accept' });
    },
    signal: stopping.signal,
    onAttached: () => undefined,
    wait: () => Promise.resolve(),
  });
  return {
    broker: brokerOf('orders-queue'),
    deadBodies: () => Promise.resolve([...dead]),
    close: async () => {
      stopping.abort();
      await reading;
      await server.stop();
      release();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

const configuration = (port: number): string => `
<configuration xmlns="urn:activemq">
  <core xmlns="urn:activemq:core">
    <paging-directory>data/paging</paging-directory>
    <bindings-directory>data/bindings</bindings-directory>
    <journal-directory>data/journal</journal-directory>
    <large-messages-directory>data/large-messages</large-messages-directory>
    <journal-type>NIO</journal-type>
    <max-disk-usage>-1</max-disk-usage>
    <acceptors>
      <acceptor name="amqp">tcp://127.0.0.1:${port}?protocols=AMQP</acceptor>
    </acceptors>
    <security-settings>
      <security-setting match="#">
        <permission type="consume" roles="amq"/>
        <permission type="send" roles="amq"/>
      </security-setting>
    </security-settings>
    <address-settings>
      <address-setting match="#">
        <dead-letter-address>orders-queue.dead</dead-letter-address>
        <max-delivery-attempts>-1</max-delivery-attempts>
        <auto-create-queues>false</auto-create-queues>
        <auto-create-addresses>false</auto-create-addresses>
      </address-setting>
    </address-settings>
    <addresses>
      <address name="orders-queue"><anycast><queue name="orders-queue"/></anycast></address>
      <address name="orders-queue.dead"><anycast><queue name="orders-queue.dead"/></anycast></address>
    </addresses>
  </core>
</configuration>
`;

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('error', reject).once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
