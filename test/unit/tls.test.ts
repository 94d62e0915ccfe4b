import { getEventListeners, once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { connect, createServer, rootCertificates, TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterEach, describe, expect, it } from 'vitest';
import { sql } from 'kysely';
import { status } from '@grpc/grpc-js';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { pino } from 'pino';
import { Container } from 'rhea-promise';
import {
  loadDeploymentConfig,
  loadSchedulesConfig,
  loadWorkerConfig,
} from '../../packages/durable-jobs/src/config/config.ts';
import { tlsOf } from '../../packages/durable-jobs/src/config/tls.ts';
import { connectDatabase, openPool } from '../../packages/durable-jobs/src/database/connect.ts';
import { applyMigrations } from '../../packages/durable-jobs/src/database/migrator.ts';
import { connectionTo } from '../../packages/durable-jobs/src/database/server.ts';
import { isDatabaseUnavailable } from '../../packages/durable-jobs/src/database/unavailable.ts';
import { createMailer } from '../../packages/durable-jobs/src/mail/mailer.ts';
import { ServiceSession } from '../../packages/durable-jobs/src/hosted-services/session.ts';
import { watchEngine } from '../../packages/durable-jobs/src/engine/await-engine.ts';
import { tlsFaultOf } from '../../packages/durable-jobs/src/engine/tls-fault.ts';
import { AmqpConnection } from '../../packages/durable-jobs/src/messages/broker/amqp-connection.ts';
import { createReadiness, engineCheck } from '../../packages/durable-jobs/src/telemetry/readiness.ts';
import { connectEngine } from '../../packages/durable-jobs/src/worker/connect-engine.ts';

/** The certificates of tests: valid for 127.0.0.1 until 2120, and secret to no one. */
const fileOf = (name: string): string =>
  fileURLToPath(new URL(`../support/certificates/${name}.pem`, import.meta.url));
const pem = (name: string): string => readFileSync(fileOf(name), 'utf8');
const ca = pem('ca');
const server = { cert: pem('server'), key: pem('server.key') };
const client = { cert: pem('client'), key: pem('client.key') };

/** An authority that signed no certificate of the servers. */
const otherCa = rootCertificates[0] ?? '';

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

/** A worker's configuration with these variables. */
const configOf = (variables: Record<string, string>) =>
  loadWorkerConfig({ NODE_ENV: 'test', DATABASE_URL: 'postgres://localhost/jobs', ...variables }, {});

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

  it.each([
    ['from the first byte', 'smtps', { secure: true }],
    ['after STARTTLS', 'smtp', {}],
  ])(
    'is reached %s with the variables of a worker, also if it requires a certificate',
    async (_when, scheme, options) => {
      const { port, secure } = await startMailServer({
        ...options,
        ca: [ca],
        requestCert: true,
        rejectUnauthorized: true,
      });
      const SMTP_URL = `${scheme}://127.0.0.1:${port}`;
      const trusting = { SMTP_URL, SMTP_TLS_CA: ca };
      const email = { to: 'ada@example.com', subject: 'Hello', html: '<p>Hello</p>', messageId: 'm@test' };
      const sendWith = async (variables: Record<string, string>): Promise<void> => {
        const config = configOf(variables);
        const tls = tlsOf('SMTP', config);
        const mailer = createMailer({ smtpUrl: config.SMTP_URL ?? '', from: config.MAIL_FROM, tls });
        await mailer.send(email).finally(() => mailer.close());
      };
      await sendWith({
        ...trusting,
        SMTP_TLS_CERT_FILE: fileOf('client'),
        SMTP_TLS_KEY_FILE: fileOf('client.key'),
      });
      expect(secure).toEqual([true]);
      await expect(sendWith(trusting)).rejects.toMatchObject({ name: 'MailError', permanent: false });
      await expect(sendWith({ SMTP_URL })).rejects.toMatchObject({ name: 'MailError', permanent: false });
      expect(secure).toEqual([true]);
    },
  );

  it('receives nothing in clear from those who have its authority', async () => {
    const { port, secure } = await startMailServer({ disabledCommands: ['STARTTLS'] });
    const smtpUrl = `smtp://127.0.0.1:${port}`;
    const mailer = createMailer({ smtpUrl, from: 'shop@example.com', tls: { ca } });
    const email = { to: 'ada@example.com', subject: 'Hello', html: '<p>Hello</p>', messageId: 'm@test' };
    await expect(mailer.send(email)).rejects.toMatchObject({ permanent: false });
    mailer.close();
    expect(secure).toEqual([]);
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

describe('a broker with TLS that requires a certificate', () => {
  /** Opens a connection with the variables of a worker. */
  async function open(port: number, variables: Record<string, string>): Promise<void> {
    const config = configOf({ AMQP_URL: `amqps://127.0.0.1:${port}`, ...variables });
    const { AMQP_URL: url = '', AMQP_IDLE_TIMEOUT: idleTimeoutMs } = config;
    const connection = await AmqpConnection.open({ url, idleTimeoutMs, tls: tlsOf('AMQP', config) }, 'test');
    await connection.close();
  }

  it('is reached with the variables of a worker', async () => {
    const container = new Container();
    (container.saslServerMechanisms as { enable_anonymous: () => void }).enable_anonymous();
    const listening = container.listen({
      port: 0,
      host: '127.0.0.1',
      transport: 'tls',
      ...server,
      ca: [ca],
      requestCert: true,
      rejectUnauthorized: true,
    });
    listening.on('tlsClientError', () => undefined);
    await once(listening, 'listening');
    closers.push(() => listening.close());
    const { port } = listening.address() as AddressInfo;
    await open(port, {
      AMQP_TLS_CA_FILE: fileOf('ca'),
      AMQP_TLS_CERT: client.cert,
      AMQP_TLS_KEY_FILE: fileOf('client.key'),
    });
    await expect(open(port, { AMQP_TLS_CA: ca })).rejects.toThrow('no connection to the broker');
    await expect(open(port, {})).rejects.toThrow('no connection to the broker');
  });
});

describe('an engine with TLS', () => {
  const ofClient = { TEMPORAL_TLS_CLIENT_CERT_DATA: client.cert, TEMPORAL_TLS_CLIENT_KEY_DATA: client.key };
  const trusting = { TEMPORAL_TLS_SERVER_CA_CERT_DATA: ca, ...ofClient };

  /** Starts a server in place of the engine. It responds to the first bytes of a client, and to nothing else. */
  async function startEngine(requestCert: boolean): Promise<string> {
    const engine = createServer(
      { ...server, ca, requestCert, rejectUnauthorized: requestCert, ALPNProtocols: ['h2'] },
      (socket) => socket.on('error', () => undefined).once('data', () => socket.write('settings')),
    );
    engine.on('tlsClientError', () => undefined);
    const sockets = new Set<Socket>();
    engine.on('connection', (socket: Socket) => sockets.add(socket));
    engine.listen(0, '127.0.0.1');
    await once(engine, 'listening');
    closers.push(() => {
      engine.close();
      for (const socket of sockets) socket.destroy();
    });
    return `127.0.0.1:${(engine.address() as AddressInfo).port}`;
  }

  it.each<[Record<string, string>, string | undefined]>([
    [trusting, undefined],
    [{ ...trusting, TEMPORAL_TLS_SERVER_NAME: 'localhost' }, undefined],
    [
      { ...trusting, TEMPORAL_TLS_SERVER_NAME: 'engine.example' },
      'its TLS certificate is not trusted (Hostname',
    ],
    [
      { ...trusting, TEMPORAL_TLS_SERVER_CA_CERT_DATA: otherCa },
      'its TLS certificate is not trusted (self-signed',
    ],
    [{ TEMPORAL_TLS_SERVER_CA_CERT_DATA: ca }, 'it requires a certificate of the client'],
    [{}, 'it expects TLS, and no TEMPORAL_TLS variable is set'],
  ])('is explained if it cannot be reached with %o', async (variables, fault) => {
    const { temporal } = configOf({ TEMPORAL_ADDRESS: await startEngine(true), ...variables });
    const found = await tlsFaultOf(temporal);
    if (fault === undefined) expect(found).toBeUndefined();
    else expect(found).toContain(fault);
  });

  it('is told apart from one without TLS, and from none', async () => {
    const plain = createTcpServer((socket) => {
      socket.on('error', () => undefined).once('data', () => socket.end('settings'));
    }).listen(0, '127.0.0.1');
    await once(plain, 'listening');
    const TEMPORAL_ADDRESS = `127.0.0.1:${(plain.address() as AddressInfo).port}`;
    expect(await tlsFaultOf(configOf({ TEMPORAL_ADDRESS, ...trusting }).temporal)).toBe(
      'it does not use TLS',
    );
    expect(await tlsFaultOf(configOf({ TEMPORAL_ADDRESS }).temporal)).toBeUndefined();
    await new Promise((resolve) => plain.close(resolve));
    expect(await tlsFaultOf(configOf({ TEMPORAL_ADDRESS, ...trusting }).temporal)).toBeUndefined();
  });

  it('is not explained with settings of TLS that cannot be used, which are no error of their own', async () => {
    const clientCertPair = { crt: Buffer.from(client.cert), key: Buffer.from('no key') };
    expect(
      await tlsFaultOf({ connection: { address: '127.0.0.1:1', tls: { clientCertPair } } }),
    ).toBeUndefined();
  });

  it('leaves a process and a command waiting that do not trust it, with the reason', async () => {
    const variables = { ...trusting, TEMPORAL_TLS_SERVER_CA_CERT_DATA: otherCa };
    const { temporal } = configOf({ TEMPORAL_ADDRESS: await startEngine(true), ...variables });
    // Without retries, which could outlive the connection.
    const connection = Connection.lazy({ ...temporal.connection, interceptors: [] });
    closers.push(() => connection.close());
    const temporalClient = new Client({ connection, namespace: temporal.namespace });
    const stopping = new AbortController();
    const warnings: unknown[] = [];
    const write = (line: string): void => {
      warnings.push(JSON.parse(line));
      stopping.abort();
    };
    const logger = pino({}, { write });
    const options = { client: temporalClient, logger, describeMs: 100 };
    expect(await connectEngine(temporal, options, stopping.signal)).toBeUndefined();
    const reason = expect.stringContaining('its TLS certificate is not trusted') as string;
    expect(warnings).toMatchObject([{ msg: 'the engine cannot be reached', reason }]);
    const read = createReadiness({ engine: engineCheck(temporalClient) }, { timeoutMs: 100, logger });
    expect(await read()).toMatchObject({ ready: false, checks: { engine: { ok: false } } });
  });

  it('is watched by an API, which says that it lost it, why, and that it is back', async () => {
    const variables = { ...trusting, TEMPORAL_TLS_SERVER_CA_CERT_DATA: otherCa };
    const { temporal } = configOf({ TEMPORAL_ADDRESS: await startEngine(true), ...variables });
    const stopping = new AbortController();
    const answers = [true, true, false, true];
    const listeners: number[] = [];
    const describeNamespace = (): Promise<void> => {
      const isUp = answers.shift();
      listeners.push(getEventListeners(stopping.signal, 'abort').length);
      if (isUp === undefined) stopping.abort();
      return isUp === false
        ? Promise.reject(Object.assign(new Error('UNAVAILABLE'), { code: status.UNAVAILABLE }))
        : Promise.resolve();
    };
    const watched = {
      withDeadline: (_: number, call: () => unknown) => call(),
      workflowService: { describeNamespace },
    } as unknown as Client;
    const lines: unknown[] = [];
    const logger = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) });
    await watchEngine(temporal, { client: watched, logger, watchMs: 1 }, stopping.signal);
    const reason = expect.stringContaining('its TLS certificate is not trusted') as string;
    expect(lines).toMatchObject([
      { level: 40, msg: 'the engine cannot be reached', reason },
      { level: 30, msg: 'the engine can be reached again' },
    ]);
    // A check leaves nothing behind: one is made every 15 seconds.
    expect(listeners).toEqual([1, 1, 1, 1, 1]);
  });
});

it('sends nothing in clear to a database without TLS', async () => {
  const received: string[] = [];
  const database = createTcpServer((socket) => {
    // As PostgreSQL does, it refuses the request for TLS, whose code is 80877103.
    socket.on('data', (data) => received.push(data.toString('hex')) && socket.write('N'));
    socket.on('error', () => undefined);
  }).listen(0, '127.0.0.1');
  await once(database, 'listening');
  closers.push(() => database.close());
  const { port } = database.address() as AddressInfo;
  const url = `postgres://ada:secret@127.0.0.1:${port}/jobs?sslmode=disable`;
  const pool = new pg.Pool(connectionTo({ url, tls: { ca } }));
  await expect(pool.query('SELECT 1')).rejects.toThrow('The server does not support SSL connections');
  await pool.end();
  expect(received).toEqual(['0000000804d2162f']);
});

it.each<[Record<string, string>, string]>([
  [{ AMQP_URL: 'amqp://localhost', AMQP_TLS_CA: ca }, 'AMQP_TLS_*: requires AMQP_URL to begin with amqps://'],
  [{ AMQP_TLS_CA: ca }, 'AMQP_TLS_*: requires AMQP_URL'],
  [
    { TEMPORAL_TLS_CLIENT_CERT_DATA: client.cert },
    'TEMPORAL_TLS_CLIENT_CERT_*: must be set together with TEMPORAL_TLS_CLIENT_KEY_*',
  ],
  [
    { TEMPORAL_TLS: 'false', TEMPORAL_TLS_SERVER_CA_CERT_DATA: ca },
    'TEMPORAL_TLS: must not be false if a certificate or the name of the server is set',
  ],
  [{ TEMPORAL_TLS_SERVER_CA_CERT_DATA: 'ca.pem' }, 'TEMPORAL_TLS_SERVER_CA_CERT_*: must be in PEM format'],
  [
    { TEMPORAL_TLS_CLIENT_CERT_DATA: client.cert, TEMPORAL_TLS_CLIENT_KEY_DATA: server.key },
    'TEMPORAL_TLS_*: cannot be used: ',
  ],
  [
    { TEMPORAL_TLS_DISABLE_HOST_VERIFICATION: 'true' },
    'TEMPORAL_TLS_DISABLE_HOST_VERIFICATION: is not supported',
  ],
  [{ AMQP_TLS_CERT_FILE: fileOf('client') }, 'AMQP_TLS_*: requires AMQP_URL'],
  [{ SMTP_TLS_CA: ca }, 'SMTP_TLS_*: requires SMTP_URL'],
  ...['sslmode=disable', 'sslmode=no-verify', 'sslmode=prefer', 'ssl=0', 'sslrootcert=/ca.pem'].map(
    (option): [Record<string, string>, string] => [
      { DATABASE_URL: `postgres://localhost/jobs?sslmode=require&${option}`, DATABASE_TLS_CA: ca },
      `DATABASE_TLS_*: cannot be set together with ?${option.replace(/^(ssl|sslrootcert)=.*/, '$1')} in DATABASE_URL`,
    ],
  ),
  [
    { DATABASE_TLS_KEY_FILE: fileOf('client.key') },
    'DATABASE_TLS_CERT: must be set together with DATABASE_TLS_KEY',
  ],
  [
    { SMTP_URL: 'smtp://localhost', SMTP_TLS_CERT: client.cert },
    'SMTP_TLS_CERT: must be set together with SMTP_TLS_KEY',
  ],
  [{ SMTP_TLS_CA: 'ca.pem' }, 'SMTP_TLS_CA: must be in PEM format'],
  [
    { SMTP_URL: 'smtp://localhost?requireTLS=false', SMTP_TLS_CA: ca },
    'SMTP_TLS_*: cannot be set together with ?requireTLS in SMTP_URL',
  ],
  [
    { SMTP_URL: 'smtp://localhost?tls.rejectUnauthorized=false', SMTP_TLS_CA: ca },
    'SMTP_TLS_*: cannot be set together with ?tls.rejectUnauthorized in SMTP_URL',
  ],
  [
    { SMTP_URL: 'smtp://localhost', SMTP_TLS_CERT: client.cert, SMTP_TLS_KEY: server.key },
    'SMTP_TLS_*: cannot be used: ',
  ],
])('the configuration refuses what cannot work: %o', (variables, problem) => {
  expect(() => configOf(variables)).toThrow(problem);
});

it.each([loadDeploymentConfig, loadSchedulesConfig])(
  'commands that work without a database ignore its settings of TLS then: %o',
  (load) => {
    expect(load({ DATABASE_TLS_CA: ca, DATABASE_TLS_CERT: client.cert }).database).toBeUndefined();
  },
);

it('makes a database unavailable whose certificate is not trusted, and no other server', async () => {
  const database = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    // As PostgreSQL does, it accepts the request for TLS.
    socket.once('data', () => {
      socket.write('S');
      new TLSSocket(socket, { isServer: true, ...server }).on('error', () => undefined);
    });
  }).listen(0, '127.0.0.1');
  const other = createServer(server, () => undefined).on('tlsClientError', () => undefined);
  other.listen(0, '127.0.0.1');
  await Promise.all([once(database, 'listening'), once(other, 'listening')]);
  closers.push(
    () => database.close(),
    () => other.close(),
  );
  const { port } = database.address() as AddressInfo;
  const ours = { url: `postgres://ada:secret@127.0.0.1:${port}/jobs`, tls: { ca: otherCa } };
  const options = { poolSize: 1, logger: pino({ level: 'silent' }), applicationName: 'test' };
  const db = connectDatabase(ours, options);
  const pool = openPool(ours, options);
  closers.push(
    () => db.destroy(),
    () => pool.end(),
  );
  const session = { serviceId: 'a', channel: 'a', notified: () => undefined, changed: () => undefined };
  for (const connecting of [
    () => sql`SELECT 1`.execute(db),
    () => pool.query('SELECT 1'),
    () => pool.connect(),
    () => ServiceSession.open(ours, session),
    () => applyMigrations(ours, [], options),
  ]) {
    const error: unknown = await (connecting() as Promise<unknown>).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
    expect(isDatabaseUnavailable(error)).toBe(true);
  }
  const elsewhere = connect({ port: (other.address() as AddressInfo).port, host: '127.0.0.1', ca: otherCa });
  const [error] = (await once(elsewhere, 'error')) as unknown[];
  expect(error).toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
  expect(isDatabaseUnavailable(error)).toBe(false);
});
