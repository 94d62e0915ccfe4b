import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterEach, describe, expect, it } from 'vitest';
import { createMailer } from '../../packages/durable-jobs/src/mail/mailer.ts';
import { AmqpConnection } from '../../packages/durable-jobs/src/messages/broker/amqp-connection.ts';

/** The certificates of tests: valid for 127.0.0.1 until 2120, and secret to no one. */
const pem = (name: string): string =>
  readFileSync(new URL(`../support/certificates/${name}.pem`, import.meta.url), 'utf8');
const ca = pem('ca');
const server = { cert: pem('server'), key: pem('server.key') };
const client = { cert: pem('client'), key: pem('client.key') };

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** Starts a mail server, and returns its port and the number of emails that it has received, and whether each came encrypted. */
async function startMailServer(options: SMTPServerOptions): Promise<{ port: number; secure: boolean[] }> {
  const secure: boolean[] = [];
  const smtp = new SMTPServer({
    authOptional: true,
    ...server,
    ...options,
    onData: (stream, session, callback) => {
      secure.push(session.secure);
      stream.resume().on('end', () => callback());
    },
  });
  // A client that refuses the certificate ends the handshake.
  smtp.on('error', () => undefined);
  smtp.listen(0, '127.0.0.1');
  await once(smtp.server, 'listening');
  closers.push(() => new Promise<void>((resolve) => smtp.close(() => resolve())));
  return { port: (smtp.server.address() as AddressInfo).port, secure };
}

/** Sends an email with these options of TLS in the URL. */
async function send(scheme: string, port: number, options: Record<string, string>): Promise<void> {
  const query = new URLSearchParams(options).toString().replaceAll('+', '%20');
  const mailer = createMailer({
    smtpUrl: `${scheme}://127.0.0.1:${port}/?${query}`,
    from: 'shop@example.com',
  });
  try {
    await mailer.send({ to: 'ada@example.com', subject: 'Hello', html: '<p>Hello</p>', messageId: 'm@test' });
  } finally {
    mailer.close();
  }
}

describe('a mail server with TLS', () => {
  const trusting = { 'tls.ca': ca };

  it.each([
    ['from the first byte', 'smtps', { secure: true }],
    ['after STARTTLS', 'smtp', {}],
  ])('receives emails encrypted %s, from those who trust its certificate', async (_when, scheme, options) => {
    const { port, secure } = await startMailServer(options);
    await send(scheme, port, trusting);
    expect(secure).toEqual([true]);
    await expect(send(scheme, port, {})).rejects.toMatchObject({ name: 'MailError', permanent: false });
    expect(secure).toEqual([true]);
  });

  it('receives them from those who have a certificate, if it requires one', async () => {
    const { port, secure } = await startMailServer({
      secure: true,
      ca: [ca],
      requestCert: true,
      rejectUnauthorized: true,
    });
    await send('smtps', port, { ...trusting, 'tls.cert': client.cert, 'tls.key': client.key });
    expect(secure).toEqual([true]);
    await expect(send('smtps', port, trusting)).rejects.toMatchObject({ permanent: false });
    expect(secure).toEqual([true]);
  });

  it('receives nothing in clear from those who require TLS', async () => {
    const { port, secure } = await startMailServer({ disabledCommands: ['STARTTLS'] });
    await expect(send('smtp', port, { requireTLS: 'true' })).rejects.toMatchObject({ permanent: false });
    expect(secure).toEqual([]);
  });
});

describe('a broker with TLS', () => {
  it('is told no password if its certificate is not trusted', async () => {
    let received = '';
    const broker = createServer(server, (socket) => {
      socket.on('data', (data) => (received += String(data))).on('error', () => undefined);
    });
    broker.on('tlsClientError', () => undefined);
    broker.listen(0, '127.0.0.1');
    await once(broker, 'listening');
    closers.push(() => broker.close());
    const { port } = broker.address() as AddressInfo;
    const url = `amqps://user:secret@localhost:${port}`;
    await expect(AmqpConnection.open({ url, idleTimeoutMs: 30_000 }, 'test')).rejects.toThrow(
      'no connection to the broker',
    );
    expect(received).toBe('');
  });
});
