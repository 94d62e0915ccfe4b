import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openLink, type Link } from '../../crash/matrix/link.ts';

/** A server that returns what it receives. */
let server: Server;
let link: Link;
const clients: Socket[] = [];

beforeEach(async () => {
  server = createServer((socket) => socket.on('error', () => undefined).pipe(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  link = await openLink((server.address() as AddressInfo).port);
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await link.close();
  server.close();
  await once(server, 'close');
});

/** Connects through the link; `text` collects what comes back, and `ended` says whether the connection has ended. */
function open(): { socket: Socket; text: () => string; ended: () => boolean } {
  let [text, ended] = ['', false];
  const socket = connect(link.port, '127.0.0.1');
  clients.push(socket);
  socket.on('data', (chunk) => (text += chunk.toString()));
  socket.on('error', () => undefined).on('close', () => (ended = true));
  return { socket, text: () => text, ended: () => ended };
}

const returns = (connection: ReturnType<typeof open>, text: string): Promise<void> =>
  vi.waitFor(() => expect(connection.text()).toBe(text), { timeout: 60_000 });

it('carries both directions, and the end of each', async () => {
  const connection = open();
  connection.socket.write('hello');
  await returns(connection, 'hello');
  connection.socket.end();
  await vi.waitFor(() => expect(connection.ended()).toBe(true), { timeout: 60_000 });
});

it('refuses and ends connections, and carries new ones afterwards', async () => {
  const before = open();
  before.socket.write('a');
  await returns(before, 'a');
  link.set({ kind: 'refused' });
  const meanwhile = open();
  await vi.waitFor(() => expect([before.ended(), meanwhile.ended()]).toEqual([true, true]), {
    timeout: 60_000,
  });
  link.set({ kind: 'open' });
  const after = open();
  after.socket.write('b');
  await returns(after, 'b');
});

it('keeps what is sent while it is silent, and delivers it in order afterwards', async () => {
  const connection = open();
  connection.socket.write('1');
  await returns(connection, '1');
  link.set({ kind: 'silent' });
  const other = open();
  for (const text of ['2', '3']) connection.socket.write(text);
  other.socket.write('4');
  // Another connection to the server shows that time has passed.
  const direct = connect((server.address() as AddressInfo).port, '127.0.0.1');
  clients.push(direct);
  direct.write('x');
  await once(direct, 'data');
  expect([connection.text(), other.text()]).toEqual(['1', '']);
  link.set({ kind: 'open' });
  await returns(connection, '123');
  await returns(other, '4');
});

it('delivers later and in order while it is slow', async () => {
  link.set({ kind: 'slow', delayMs: () => 20 });
  const connection = open();
  const start = performance.now();
  connection.socket.write('1');
  await returns(connection, '1');
  // Both directions, with the tolerance of timers.
  expect(performance.now() - start).toBeGreaterThan(38);
  for (const text of ['2', '3', '4']) connection.socket.write(text);
  await returns(connection, '1234');
});

it('cuts connections in the middle, and accepts new ones', async () => {
  const connection = open();
  connection.socket.write('1');
  await returns(connection, '1');
  link.cut();
  await vi.waitFor(() => expect(connection.ended()).toBe(true), { timeout: 60_000 });
  const next = open();
  next.socket.write('2');
  await returns(next, '2');
});
