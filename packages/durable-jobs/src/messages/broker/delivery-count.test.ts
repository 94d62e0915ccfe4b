import { once, type EventEmitter } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Container } from 'rhea-promise';
import { expect, it, vi } from 'vitest';
import { createAmqpBroker } from './amqp-broker.ts';

/** What the test uses of rhea's sender, which its types do not describe. */
interface CountingSender {
  delivery_count: number;
  credit: number;
  local: { attach: { initial_delivery_count: number } };
  on_flow: (frame: { performative: { delivery_count: number; link_credit: number } }) => void;
  send: (message: { body: string }) => void;
}

it('grants credit from the delivery count that a broker begins with, also past 32 bits', async () => {
  const container = new Container();
  const granted: [count: number, credit: number][] = [];
  (container.saslServerMechanisms as { enable_anonymous: () => void }).enable_anonymous();
  // As RabbitMQ 4 does, it counts from five below the limit.
  const first = 2 ** 32 - 5;
  // The events of links that others open are those of rhea's own container.
  const { _container: events } = container as unknown as { _container: EventEmitter };
  events.on('sender_open', ({ sender }: { sender: CountingSender }) => {
    sender.local.attach.initial_delivery_count = first;
    let sent = 0;
    sender.on_flow = ({ performative: { delivery_count: count, link_credit: credit } }) => {
      granted.push([count, credit]);
      const mayHave = (((count - first) >>> 0) + credit) >>> 0;
      for (; sent < Math.min(mayHave, 8); sent++) {
        // One for the library's own check.
        sender.credit = 1;
        sender.send({ body: String(sent) });
      }
    };
  });
  const listening = container.listen({ port: 0, host: '127.0.0.1' });
  await once(listening, 'listening');
  const { port } = listening.address() as AddressInfo;
  const broker = createAmqpBroker({
    url: `amqp://127.0.0.1:${port}`,
    idleTimeoutMs: 30_000,
    name: 'test',
    addressOf: (queue) => queue,
  });
  const stopping = new AbortController();
  const received: string[] = [];
  const errors = vi.spyOn(console, 'error').mockReturnValue(undefined);
  await broker.consume('orders', {
    credit: 1,
    handle: ({ body }) => {
      received.push(body.toString());
      if (received.length === 8) stopping.abort();
      return Promise.resolve({ kind: 'accept' });
    },
    signal: stopping.signal,
    onAttached: () => undefined,
    wait: () => Promise.resolve(),
  });
  listening.close();
  expect(received).toEqual(['0', '1', '2', '3', '4', '5', '6', '7']);
  expect(granted.slice(0, 8)).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((count) => [(first + count) >>> 0, 1]));
  // rhea reports a message that it has not granted.
  expect(errors).not.toHaveBeenCalled();
  errors.mockRestore();
});
