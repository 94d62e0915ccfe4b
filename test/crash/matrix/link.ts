import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** What a link does with the connections that go through it. */
export type LinkState =
  | { kind: 'open' }
  /** New connections end at once, and existing ones have ended, as when nothing listens. */
  | { kind: 'refused' }
  /** Nothing arrives while this lasts, on new and existing connections, as when a network loses every packet. */
  | { kind: 'silent' }
  /** Everything arrives later. */
  | { kind: 'slow'; delayMs: () => number };

/** The way of the service to a part that it uses, which a fault can disturb. */
export interface Link {
  port: number;
  set: (state: LinkState) => void;
  /** Ends all connections, in the middle of whatever they carry. */
  cut: () => void;
  close: () => Promise<void>;
}

/** Opens a link to a port of this machine. */
export async function openLink(targetPort: number): Promise<Link> {
  let state: LinkState = { kind: 'open' };
  const pairs = new Set<readonly [Socket, Socket]>();
  const changes = new Set<() => void>();

  const server = createServer({ allowHalfOpen: true }, (near) => {
    if (state.kind === 'refused') {
      near.on('error', () => undefined).resetAndDestroy();
      return;
    }
    const far = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true });
    const pair = [near, far] as const;
    pairs.add(pair);
    const end = (): void => {
      pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const socket of pair) socket.on('error', end).on('close', end);
    carry(near, far);
    carry(far, near);
  });

  const isOpen = async (): Promise<void> => {
    while (state.kind === 'silent') await new Promise<void>((resolve) => changes.add(resolve));
  };

  /** Forwards what a side sends, in order. What a silent link does not deliver arrives later, because TCP sends it again. */
  function carry(from: Socket, to: Socket): void {
    let last = Promise.resolve();
    const afterwards = (then: () => void): void => {
      // Chunks overlap on their way, as packets do; only their order is kept.
      const arrived = state.kind === 'slow' ? delay(state.delayMs()) : undefined;
      last = last
        .then(() => arrived)
        .then(isOpen)
        .then(then);
    };
    from.on('data', (chunk: Buffer) =>
      afterwards(() => {
        if (to.writable) to.write(chunk);
      }),
    );
    from.on('end', () => afterwards(() => to.end()));
  }

  const cut = (): void => {
    for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy();
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    set: (next) => {
      state = next;
      if (next.kind === 'refused') cut();
      for (const resume of changes) resume();
      changes.clear();
    },
    cut,
    close: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
