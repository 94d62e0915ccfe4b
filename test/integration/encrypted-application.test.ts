import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';
import { createServer } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { DurableJobs } from 'durable-jobs';
import { typescriptFlags } from '../../local/node-flags.mjs';
import { createTestDatabase } from '../support/database.ts';
import { inClear } from '../support/in-clear.ts';
import { registerNamespace } from '../support/namespace.ts';
import { decline, greet, smallApplication } from '../support/small-application/jobs.ts';

/**
 * An application that passes `PAYLOAD_KEYS` to `createDurableJobs`, with its worker as a process. Both reach the engine with mutual TLS, by a
 * name that differs from the address.
 */
let jobs: DurableJobs;
let temporal: Client;
let namespace = '';
const closers: (() => unknown)[] = [];

beforeAll(async () => {
  const { url: databaseUrl, drop } = await createTestDatabase('template0');
  closers.push(drop);
  const temporalAddress = inject('temporalAddress');
  const registered = await registerNamespace(temporalAddress);
  closers.push(registered.close);
  ({ namespace } = registered);
  temporal = new Client({ connection: registered.connection, namespace });
  const env: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    NODE_ENV: 'test',
    LOG_LEVEL: 'warn',
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: await startTlsProxy(temporalAddress),
    TEMPORAL_NAMESPACE: namespace,
    TEMPORAL_TLS_SERVER_CA_CERT_PATH: certificate('ca'),
    TEMPORAL_TLS_CLIENT_CERT_PATH: certificate('client'),
    TEMPORAL_TLS_CLIENT_KEY_DATA_FILE: certificate('client.key'),
    TEMPORAL_TLS_SERVER_NAME: 'localhost',
    WORKER_HEALTH_PORT: '0',
    PAYLOAD_KEYS: `k1:${randomBytes(32).toString('base64')}`,
  };
  jobs = smallApplication({ env });
  closers.push(() => jobs.close());
  await jobs.migrate();
  const pool = new pg.Pool({ connectionString: databaseUrl });
  await pool.query('CREATE TABLE greetings (effect_key text PRIMARY KEY, text text NOT NULL)');
  await pool.end();
  const path = fileURLToPath(new URL('../support/small-application/worker.ts', import.meta.url));
  const worker = spawn(process.execPath, [...typescriptFlags, path], {
    env,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  closers.push(() => worker.kill('SIGKILL'));
});
afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

const certificate = (name: string): string =>
  fileURLToPath(new URL(`../support/certificates/${name}.pem`, import.meta.url));

/** The names that connections to the engine used, and the names in their certificates. */
const connected: { server: string | false | null; client: string | undefined }[] = [];

/** Starts a server that ends TLS in front of the engine, and requires a certificate. Returns its address. */
async function startTlsProxy(target: string): Promise<string> {
  const [cert, key, ca] = ['server', 'server.key', 'ca'].map((name) => readFileSync(certificate(name)));
  const proxy = createServer(
    { cert, key, ca, requestCert: true, rejectUnauthorized: true, ALPNProtocols: ['h2'] },
    (socket) => {
      connected.push({
        server: socket.servername,
        client: String(socket.getPeerCertificate().subject.CN),
      });
      const { hostname, port } = new URL(`tcp://${target}`);
      const engine = connect({ host: hostname, port: Number(port) });
      // Either side may break.
      pipeline(socket, engine, () => undefined);
      pipeline(engine, socket, () => undefined);
    },
  );
  proxy.on('tlsClientError', () => undefined);
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  closers.push(() => proxy.close());
  return `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
}

/** Everything that the engine stores of a job: its description and its whole history. */
async function inEngine(id: string): Promise<string> {
  const run = temporal.workflow.getHandle(id);
  const [{ raw }, history] = await Promise.all([run.describe(), run.fetchHistory()]);
  return inClear([raw, history]);
}

it('keeps nothing in clear in the engine, and reads results', async () => {
  const word = `word-${randomUUID()}`;
  const { jobId } = await jobs.start(greet, { name: 'Ada', word });
  expect(await jobs.result({ job: greet, key: 'Ada' }, { timeout: '150s' })).toEqual({
    text: `${word}, Ada!`,
  });
  const kept = await inEngine(jobId);
  expect(kept).toContain('binary/encrypted');
  expect(kept).not.toContain(word);
});

it('is reached with mutual TLS, by a name that differs from its address', async () => {
  await jobs.start(greet, { name: 'Grace', word: 'Hello' });
  await jobs.result({ job: greet, key: 'Grace' }, { timeout: '150s' });
  // The client of this process, the worker's client and its worker.
  expect(connected.length).toBeGreaterThanOrEqual(3);
  for (const names of connected) expect(names).toEqual({ server: 'localhost', client: 'client' });
});

it('keeps no message of a failure in clear, and reads it', async () => {
  const { jobId } = await jobs.start(decline, { id: 'one' });
  await expect(jobs.result(jobId, { timeout: '150s' })).rejects.toMatchObject({
    code: 'CardDeclined',
    reason: 'The card was declined.',
  });
  expect(await inEngine(jobId)).not.toContain('The card was declined.');
});
