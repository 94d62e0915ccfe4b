import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMailer, MailError } from './mailer.ts';

const sockets = new Set<Socket>();
/** Takes connections and never says a word. */
const silent = createServer((socket) => sockets.add(socket));

beforeAll(async () => {
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  silent.close();
});

it('fails, to be retried, before it would send an email that has waited too long for a connection', async () => {
  const smtpUrl = `smtp://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const mailer = createMailer(
    { smtpUrl, from: 'shop@example.com' },
    { connections: 1, freeConnectionMs: 50 },
  );
  const email = (n: number) => ({
    to: 'ada@example.com',
    subject: 'Hello',
    text: 'Hello',
    html: '<p>Hello</p>',
    messageId: `m${n}@test`,
  });
  const first = mailer.send(email(1)).catch((error: unknown) => error);
  const second: unknown = await mailer.send(email(2)).catch((error: unknown) => error);
  expect(second).toBeInstanceOf(MailError);
  expect(second).toMatchObject({
    message: 'all connections to the mail server are busy',
    permanent: false,
  });
  for (const socket of sockets) socket.destroy();
  expect(await first).toBeInstanceOf(MailError);
  mailer.close();
});
