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

it.each([
  ['greets with a refusal', ['554 No mail here\r\n']],
  ['refuses the client', ['220 mail.example ESMTP\r\n', '550 Not you\r\n', '550 Not you\r\n']],
])('fails, to be retried, if a server %s', async (_what, answers) => {
  const refusing = createServer((socket) => {
    const left = [...answers];
    const answer = () => socket.write(left.shift() ?? '221 Bye\r\n');
    socket.on('error', () => undefined).on('data', answer);
    answer();
  });
  refusing.listen(0, '127.0.0.1');
  await once(refusing, 'listening');
  const smtpUrl = `smtp://127.0.0.1:${(refusing.address() as AddressInfo).port}`;
  const mailer = createMailer({ smtpUrl, from: 'shop@example.com' });
  const email = { to: 'ada@example.com', subject: 'Hello', html: '<p>Hello</p>', messageId: 'm@test' };
  await expect(mailer.send(email)).rejects.toMatchObject({ name: 'MailError', permanent: false });
  mailer.close();
  refusing.close();
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
