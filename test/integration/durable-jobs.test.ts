import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingHttpHeaders, type Server } from 'node:http';

import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import express, { type ErrorRequestHandler } from 'express';
import { Validator } from '@seriousme/openapi-schema-validator';
import helmet from 'helmet';
import pg from 'pg';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, expectTypeOf, inject, it } from 'vitest';
import {
  ConfigError,
  createDurableJobs,
  JobFailedError,
  JobNotEndedError,
  JobNotFoundError,
  type DurableJobs,
} from 'durable-jobs';
import { describeApi } from '../../packages/durable-jobs/src/application/describe-api.ts';
import { createApiDocument } from '../../packages/durable-jobs/src/http/openapi/document.ts';
import { typescriptFlags } from '../../local/node-flags.mjs';
import { createTestDatabase } from '../support/database.ts';
import { eventually } from '../support/jobs.ts';
import { listen } from '../support/listen.ts';
import { parseMetrics, valueOf } from '../support/metrics.ts';
import { registerNamespace } from '../support/namespace.ts';
import {
  countLetters,
  decline,
  greet,
  smallApplication,
  waitAround,
} from '../support/small-application/jobs.ts';

const headers = { authorization: 'Bearer local-dev-key' };
const closers: (() => unknown)[] = [];
let env: NodeJS.ProcessEnv;
let pool: pg.Pool;
let jobs: DurableJobs;
let worker: ChildProcess;
let url = '';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
/** The requests that the endpoint of `callHttp` received. */
const calls: { headers: IncomingHttpHeaders; body: string }[] = [];
let temporal: Client;

/** An endpoint that asks its caller to retry, and accepts the second call. */
function startEndpoint(): Promise<Server> {
  const endpoint = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      calls.push({ headers: request.headers, body });
      if (calls.length === 1) response.writeHead(503, { 'retry-after': '1' }).end('come again');
      else response.end('thank you');
    });
  });
  closers.push(() => endpoint.close());
  return new Promise((resolve) => endpoint.listen(0, '127.0.0.1', () => resolve(endpoint)));
}

/** Starts a worker of the small application as a process; `exited` resolves with its exit code and what it printed. */
function startWorker(): ChildProcess {
  const path = fileURLToPath(new URL('../support/small-application/worker.ts', import.meta.url));
  return spawn(process.execPath, [...typescriptFlags, path], {
    env,
    // It ends with this process.
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
}

/** The application around the jobs: with security headers, a body parser, routes and an error handler of its own. */
function createApp(): express.Express {
  const app = express();
  app.use(helmet(), express.json());
  app.get('/invoices', (_request, response) => {
    response.json({ invoices: [] });
  });
  app.use('/ops', jobs.router());
  app.get('/broken', () => {
    throw new Error('the disk is full');
  });
  const answerError: ErrorRequestHandler = (_error, _request, response, next) => {
    if (response.headersSent) next();
    else response.status(500).json({ own: true });
  };
  app.use(answerError);
  return app;
}

beforeAll(async () => {
  const { url: databaseUrl, drop } = await createTestDatabase('template0');
  closers.push(drop);
  const temporalAddress = inject('temporalAddress');
  const { namespace, connection, close } = await registerNamespace(temporalAddress);
  closers.push(close);
  temporal = new Client({ connection, namespace });
  env = {
    PATH: process.env.PATH,
    NODE_ENV: 'test',
    LOG_LEVEL: 'warn',
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: temporalAddress,
    TEMPORAL_NAMESPACE: namespace,
    WORKER_HEALTH_PORT: '0',
  };
  pool = new pg.Pool({ connectionString: databaseUrl });
  closers.push(() => pool.end());
  const endpoint = await startEndpoint();
  const address = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}`;
  const httpTargets = {
    crm: { url: address, secret, allowPrivateAddresses: true },
    outside: { url: address, secret },
  };
  env.TEST_HTTP_TARGETS = JSON.stringify(httpTargets);
  jobs = smallApplication({ env, httpTargets });
  expect(await jobs.migrate()).toContain('durable_jobs.0001-own-schema');
  expect(await jobs.migrate()).toEqual([]);
  await pool.query('CREATE TABLE greetings (effect_key text PRIMARY KEY, text text NOT NULL)');
  worker = startWorker();
  closers.push(() => worker.kill('SIGKILL'));
  url = await listen(createApp(), closers);
  closers.push(() => jobs.close());
});
afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

describe('a job that is started', () => {
  it('returns its result, typed by its definition', async () => {
    const { jobId, outcome } = await jobs.start(greet, { name: 'Ada' });
    expect({ jobId, outcome }).toEqual({ jobId: 'greet:Ada', outcome: 'accepted' });
    // The worker is still starting.
    const result = await jobs.result({ job: greet, key: 'Ada' }, { timeout: '150s' });
    expectTypeOf(result).toEqualTypeOf<{ text: string }>();
    expect(result).toEqual({ text: 'Hello, Ada!' });
    expect(await jobs.result(jobId)).toEqual({ text: 'Hello, Ada!' });
  });

  it('may have several steps', async () => {
    const { jobId: id } = await jobs.start(countLetters, { words: ['durable', 'jobs'] });
    expect(id).toBe('count-letters:durable-jobs');
    const result = await jobs.result({ job: countLetters, key: 'durable-jobs' }, { timeout: '60s' });
    expectTypeOf(result).toEqualTypeOf<{ letters: number }>();
    expect(result).toEqual({ letters: 11 });
  });

  it('says why it failed', async () => {
    const { jobId: id } = await jobs.start(decline, { id: randomUUID() });
    const error: unknown = await jobs.result(id, { timeout: '60s' }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(JobFailedError);
    expect(error).toMatchObject({
      jobId: id,
      status: 'failed',
      code: 'CardDeclined',
      message: `The job ${id} failed: The card was declined.`,
    });
  });

  it('is awaited for as long as its caller specifies, and cancelled by its key', async () => {
    const key = randomUUID();
    const { jobId: id } = await jobs.start(waitAround, { id: key });
    await expect(jobs.result(id, { timeout: '500ms' })).rejects.toThrow(JobNotEndedError);
    expect(await jobs.cancel(waitAround, key)).toBe(true);
    await expect(jobs.result(id, { timeout: '60s' })).rejects.toMatchObject({ status: 'cancelled' });
    await eventually(async () => expect(await jobs.cancel(id)).toBe(false));
  });

  it('is cancelled with the start that waits for its end', async () => {
    const key = randomUUID();
    const { jobId: id } = await jobs.start(waitAround, { id: key });
    expect(await jobs.start(waitAround, { id: key })).toEqual({ jobId: id, outcome: 'accepted' });
    expect(await jobs.cancel(id)).toBe(true);
    await expect(jobs.result(id, { timeout: '60s' })).rejects.toMatchObject({ status: 'cancelled' });
    // A start that was just being made may have opened a run, which is then cancelled too.
    await eventually(async () => expect(await jobs.cancel(id)).toBe(false));
  });

  it('is started once for each key of its caller', async () => {
    const dedupeKey = randomUUID();
    const first = await jobs.start(greet, { name: 'Eve' }, { dedupeKey });
    expect(first).toEqual({ jobId: `greet:${dedupeKey}`, outcome: 'accepted' });
    expect(await jobs.start(greet, { name: 'Mallory' }, { dedupeKey })).toEqual({
      ...first,
      outcome: 'exists',
    });
    expect(await jobs.result(first.jobId, { timeout: '60s' })).toEqual({ text: 'Hello, Eve!' });
  });

  it('is refused if the input is not valid, or the application does not have the job', async () => {
    // @ts-expect-error -- a name is text
    await expect(jobs.start(greet, { name: 17 })).rejects.toThrow('name');
    await expect(createDurableJobs({ env }).start(greet, { name: 'Ada' })).rejects.toThrow(
      'The job greet was not passed to createDurableJobs.',
    );
    await expect(jobs.result('greet:nobody')).rejects.toThrow(JobNotFoundError);
  });
});

describe('a job that is enqueued in a transaction', () => {
  it('starts as soon as the transaction is committed, and never after a rollback', async () => {
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      await jobs.enqueue(client, greet, { name: 'Bob' });
      await client.query('ROLLBACK');
      await client.query('BEGIN');
      const { jobId: id } = await jobs.enqueue(client, greet, { name: 'Grace', word: 'Welcome' });
      await client.query('COMMIT');
      expect(await jobs.result(id, { timeout: '60s' })).toEqual({ text: 'Welcome, Grace!' });
    } finally {
      client.release();
    }
    await expect(jobs.result({ job: greet, key: 'Bob' })).rejects.toThrow(JobNotFoundError);
  });
});

describe('the router', () => {
  it('serves the API below its path, and leaves the rest to the application', async () => {
    const invoices = await fetch(`${url}/invoices`);
    expect(await invoices.json()).toEqual({ invoices: [] });
    expect(invoices.headers.get('content-security-policy')).toContain('upgrade-insecure-requests');
    expect(invoices.headers.get('x-request-id')).toBeNull();
    expect((await fetch(`${url}/broken`)).status).toBe(500);
    const own = await fetch(`${url}/elsewhere`);
    expect(own.status).toBe(404);
    expect(own.headers.get('content-type')).toContain('text/html');
    const unknown = await fetch(`${url}/ops/elsewhere`);
    expect(unknown.status).toBe(404);
    expect(unknown.headers.get('content-type')).toContain('application/problem+json');
    expect(unknown.headers.get('content-security-policy')).toMatch(/^default-src 'none'/);
    expect((await fetch(`${url}/ops/api/jobs`)).status).toBe(401);
    expect((await fetch(`${url}/ops/api/jobs`, { headers })).status).toBe(200);
  });

  it('starts a job over REST, whose body the application has parsed', async () => {
    const response = await fetch(`${url}/ops/api/jobs`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'greet', input: { name: 'Heidi' } }),
    });
    expect(response.status).toBe(202);
    const { jobId } = (await response.json()) as { jobId: string };
    expect(await jobs.result(jobId, { timeout: '60s' })).toEqual({ text: 'Hello, Heidi!' });
  });
});

describe('the metrics', () => {
  it('count the requests of the router, by their routes, and the state of the jobs', async () => {
    const countOf = async (labels: Record<string, string>): Promise<number> =>
      valueOf(
        parseMetrics(await jobs.metrics()),
        'durable_jobs_http_request_duration_seconds_count',
        labels,
      ) ?? 0;
    /** A request is counted when its response is closed, a moment after its client has it. Those before it are counted by then. */
    const requestJob = async (): Promise<number> => {
      const before = await countOf({ route: '/api/jobs/:id' });
      expect((await fetch(`${url}/ops/api/jobs/greet:${randomUUID()}`, { headers })).status).toBe(404);
      await eventually(async () => expect(await countOf({ route: '/api/jobs/:id' })).toBe(before + 1));
      return countOf({});
    };
    const all = await requestJob();
    expect((await fetch(`${url}/invoices`)).status).toBe(200);
    expect(await requestJob()).toBe(all + 1);
    const text = await eventually(async () => {
      const page = await jobs.metrics();
      expect(valueOf(parseMetrics(page), 'durable_jobs_check_ok', { check: 'database' })).toBe(1);
      return page;
    });
    const samples = parseMetrics(text);
    expect(valueOf(samples, 'durable_jobs_backlog_items', { queue: 'outbox' })).toBeTypeOf('number');
    expect(samples.filter(({ name }) => !name.startsWith('durable_jobs_'))).toEqual([]);
    expect(text).not.toContain('greet:');
  });
});

describe('a body that the application has parsed', () => {
  const send = (path: string, body: string): Promise<Response> =>
    fetch(`${url}/ops/api/${path}`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body,
    });

  it('may hold the items of a bulk job', async () => {
    const accepted = await send('bulk-jobs?task=stamp-all', '[{"letter":"a"},{"letter":"b"}]');
    expect(accepted.status).toBe(202);
    const { jobId } = (await accepted.json()) as { jobId: string };
    await jobs.result(jobId, { timeout: '60s' });
    const bulkJob = await fetch(url + (accepted.headers.get('location') ?? ''), { headers });
    expect(await bulkJob.json()).toMatchObject({ status: 'completed', counts: { total: 2, done: 2 } });
  });

  it('is validated by the same rules as a body that is read here', async () => {
    const item = (payload: string): string => `{"kind":"stamp","payload":{"letter":${payload}}}`;
    const withNul = await send('work-items', item('"a\\u0000"'));
    expect(withNul.status).toBe(400);
    expect(await withNul.json()).toMatchObject({ errors: [{ path: 'payload.letter' }] });
    for (const depth of [40, 20_000]) {
      const tooDeep = await send('work-items', item('['.repeat(depth) + ']'.repeat(depth)));
      expect(tooDeep.status).toBe(400);
      expect(await tooDeep.json()).toMatchObject({ detail: 'The body is nested too deep.' });
    }
  });
});

describe('routes mounted under a path', () => {
  const get = (path: string, more: Record<string, string> = {}): Promise<Response> =>
    fetch(url + path, { headers: { ...headers, ...more }, redirect: 'manual' });
  const post = (path: string, body: object): Promise<Response> =>
    fetch(url + path, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  /** Paths that a page leads to. */
  const pathsIn = (page: string): string[] =>
    [...page.matchAll(/(?:href|src|action|data-post)="(\/[^"]*)"/g)].map(([, path = '']) => path);

  it('has pages whose links, files and forms are below it too', async () => {
    const page = await (await get('/ops', { accept: 'text/html' })).text();
    expect(page).toContain('<title>Durable Jobs</title>');
    const items = pathsIn(page);
    expect(items).toEqual(expect.arrayContaining(['/ops/api/jobs', '/ops/api/emails', '/ops/api/bulk-jobs']));
    // The application has a bulk task, and has enqueued no groups.
    expect(items).not.toContain('/ops/api/groups');
    const docs = await (await get('/ops/docs')).text();
    const paths = [...pathsIn(page), ...pathsIn(docs)];
    expect(paths).toEqual(
      expect.arrayContaining(['/ops/docs', '/ops/console/console.js', '/ops/docs/docs.js']),
    );
    expect(paths.filter((path) => !path.startsWith('/ops/'))).toEqual([]);
    for (const path of paths.filter((path) => /\.(js|css|png|json)$/.test(path))) {
      expect([path, (await get(path)).status]).toEqual([path, 200]);
    }
  });

  it('leads a browser to the sign-in and back, with a session for that path alone', async () => {
    const toSignIn = await fetch(`${url}/ops/api/jobs?limit=1`, {
      headers: { accept: 'text/html' },
      redirect: 'manual',
    });
    const location = toSignIn.headers.get('location') ?? '';
    expect(location).toBe(`/ops/login?next=${encodeURIComponent('/ops/api/jobs?limit=1')}`);
    const form = await (await fetch(url + location)).text();
    expect(pathsIn(form)).toContain('/ops/login');
    const signIn = (next: string): Promise<Response> =>
      fetch(`${url}/ops/login`, {
        method: 'POST',
        headers: { origin: url },
        body: new URLSearchParams({ key: 'local-dev-key', next }),
        redirect: 'manual',
      });
    const signedIn = await signIn('/ops/api/jobs?limit=1');
    expect(signedIn.status).toBe(303);
    expect(signedIn.headers.get('location')).toBe('/ops/api/jobs?limit=1');
    const cookie = signedIn.headers.get('set-cookie') ?? '';
    expect(cookie).toContain('Path=/ops;');
    expect((await signIn('/invoices')).headers.get('location')).toBe('/ops/');
    const home = await fetch(`${url}/ops`, {
      headers: { accept: 'text/html', cookie: cookie.split(';')[0] ?? '' },
    });
    expect(await home.text()).toContain('Sign out');
  });

  it('has a valid document that names the path', async () => {
    const document = (await (await get('/ops/openapi.json')).json()) as Record<string, unknown>;
    expect(document.servers).toEqual([{ url: '/ops' }]);
    expect(await new Validator().validate(document)).toEqual({ valid: true });
    expect(JSON.stringify(document)).toContain('StartJob_greet');
    const bare = createDurableJobs({ env });
    const description = describeApi(bare.application(), {});
    const bareDocument = JSON.parse(JSON.stringify(createApiDocument(description))) as Record<
      string,
      unknown
    >;
    expect(await new Validator().validate(bareDocument)).toEqual({ valid: true });
  });

  it('answers with links below it', async () => {
    const started = await post('/ops/api/jobs', { type: 'greet', input: { name: 'Ivan' } });
    const location = started.headers.get('location') ?? '';
    expect(location).toMatch(/^\/ops\/api\/jobs\/greet:/);
    const job = (await (await get(location)).json()) as { links: { self: string } };
    expect(job.links.self).toBe(location);
    const item = await post('/ops/api/work-items', { kind: 'stamp', payload: { letter: 'a' } });
    expect(item.headers.get('location')).toMatch(/^\/ops\/api\/work-items\//);
    await jobs.start(waitAround, { id: randomUUID() });
    await eventually(async () => {
      const batch = await post('/ops/api/jobs/batch', { action: 'cancel', query: { type: 'waitAround' } });
      expect(batch.status).toBe(202);
      const { links } = (await batch.json()) as { links: { bulkJob: string | null } };
      expect(links.bulkJob).toMatch(/^\/ops\/api\/bulk-jobs\//);
      expect((await get(links.bulkJob ?? '')).status).toBe(200);
    });
    const unknown = (await (await get('/ops/api/jobs/greet:nobody')).json()) as object;
    expect(unknown).toMatchObject({ code: 'not_found', instance: '/ops/api/jobs/greet:nobody' });
  });

  it('lets the Web UI call its codec', async () => {
    const decoded = await fetch(`${url}/ops/codec/decode`, {
      method: 'POST',
      headers: { origin: 'http://127.0.0.1:8233', 'content-type': 'application/json' },
      body: JSON.stringify({ payloads: [] }),
    });
    expect(await decoded.json()).toMatchObject({
      detail: 'The codec is not available: PAYLOAD_KEYS is not set, so nothing is encrypted.',
      instance: '/ops/codec/decode',
    });
    expect(decoded.headers.get('access-control-allow-origin')).toBe('http://127.0.0.1:8233');
  });

  it('may be below a router of the application', async () => {
    const app = express().use('/internal', express.Router().use('/ops', jobs.router()));
    const address = await listen(app, closers);
    const response = await fetch(`${address}/internal/ops/api/jobs?limit=1`, { headers });
    const { items } = (await response.json()) as { items: { links: { self: string } }[] };
    expect(items[0]?.links.self).toMatch(/^\/internal\/ops\/api\/jobs\//);
  });

  it('may be at / behind the routes of the application, and behind a proxy that removes a path', async () => {
    const own = smallApplication({ env: { ...env, API_BASE_PATH: '/team' } });
    const atRoot = express().get('/shop', (_request, response) => void response.send('the shop'));
    const plain = await listen(atRoot.use(jobs.router()), closers);
    const behind = await listen(express().use('/ops', own.router()), closers);
    const proxy = express().use('/team', (request, response) => {
      const to = httpRequest(
        new URL(request.url, behind),
        { method: request.method, headers: request.headers },
        (answer) => {
          response.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(response);
        },
      );
      request.pipe(to);
    });
    const proxied = await listen(proxy, closers);
    try {
      expect(await (await fetch(`${plain}/shop`)).text()).toBe('the shop');
      for (const [address, base] of [
        [plain, ''],
        [proxied, '/team/ops'],
      ] as const) {
        const html = { accept: 'text/html' };
        const toSignIn = await fetch(`${address}${base}/api/jobs?limit=1`, {
          headers: html,
          redirect: 'manual',
        });
        const location = toSignIn.headers.get('location') ?? '';
        expect(location).toBe(`${base}/login?next=${encodeURIComponent(`${base}/api/jobs?limit=1`)}`);
        const signedIn = await fetch(`${address}${base}/login`, {
          method: 'POST',
          headers: { origin: address },
          body: new URLSearchParams({ key: 'local-dev-key', next: `${base}/api/jobs?limit=1` }),
          redirect: 'manual',
        });
        expect(signedIn.headers.get('location')).toBe(`${base}/api/jobs?limit=1`);
        expect(signedIn.headers.get('set-cookie')).toContain(`Path=${base === '' ? '/' : base};`);
        const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
        const home = await fetch(`${address}${base}/`, { headers: { ...html, cookie } });
        const paths = pathsIn(await home.text());
        expect(paths).toContain(`${base}/console/console.js`);
        expect(paths.filter((path) => !path.startsWith(`${base}/`))).toEqual([]);
        expect((await fetch(`${address}${base}/console/console.js`)).status).toBe(200);
        const document = (await (await fetch(`${address}${base}/openapi.json`)).json()) as object;
        expect(document).toMatchObject({ servers: [{ url: base === '' ? '/' : base }] });
        const unknown = (await (await fetch(`${address}${base}/nothing`, { headers })).json()) as object;
        expect(unknown).toMatchObject({ code: 'not_found', instance: `${base}/nothing` });
      }
    } finally {
      await own.close();
    }
  });

  it('closes with the jobs: streams end, and later requests are refused', async () => {
    const own = smallApplication({ env });
    const address = await listen(express().use('/ops', own.router()), closers);
    const { jobId: id } = await own.start(waitAround, { id: randomUUID() });
    const stream = await fetch(`${address}/ops/api/jobs/${id}/events`, { headers });
    expect(stream.status).toBe(200);
    const reader = (stream.body as ReadableStream<Uint8Array>).getReader();
    let text = '';
    const read = async (): Promise<boolean> => {
      const { done, value } = await reader.read();
      text += Buffer.from(value ?? []).toString();
      return !done;
    };
    while (!text.includes(id)) if (!(await read())) throw new Error(`the stream ended: ${text}`);
    const closing = own.close();
    while (await read());
    await closing;
    const late = await fetch(`${address}/ops/api/jobs`, { headers });
    expect(late.status).toBe(503);
    expect(late.headers.get('content-type')).toContain('application/problem+json');
    expect(await jobs.cancel(id)).toBe(true);
  });
});

describe('a call of an HTTP endpoint', () => {
  const call = async (input: object): Promise<string> => {
    const response = await fetch(`${url}/ops/api/jobs`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'callHttp', input }),
    });
    expect(response.status).toBe(202);
    return ((await response.json()) as { jobId: string }).jobId;
  };
  const read = async (path: string): Promise<unknown> =>
    (await fetch(`${url}/ops/api/jobs/${path}`, { headers })).json();

  it('is signed, retried as its target requests, and keeps the responses', async () => {
    const id = await call({ target: 'crm', path: '/invoices', body: { invoiceId: 17 } });
    expect(await jobs.result(id, { timeout: '60s' })).toMatchObject({ status: 200, body: 'thank you' });
    expect(calls).toHaveLength(2);
    for (const { headers: sent, body } of calls) {
      expect(new Webhook(secret).verify(body, sent as Record<string, string>)).toEqual({ invoiceId: 17 });
    }
    expect(calls[0]?.headers['webhook-id']).toBe(calls[1]?.headers['webhook-id']);
    expect(await read(id)).toMatchObject({
      status: 'completed',
      result: { status: 200, body: 'thank you' },
      attempts: [{ error: { code: 'Http503', message: 'crm returned 503: come again' } }, { error: null }],
    });
    const history = await temporal.workflow.getHandle(id).fetchHistory();
    expect(JSON.stringify(history)).not.toContain(secret.slice('whsec_'.length));
  });

  it('goes to no private address, unless its target says so', async () => {
    const id = await call({ target: 'outside' });
    await expect(jobs.result(id, { timeout: '60s' })).rejects.toMatchObject({ code: 'HttpAddressRefused' });
    expect(await read(`${id}/why`)).toMatchObject({
      code: 'failed',
      error: { message: '127.0.0.1 has a private address, which this target does not allow' },
    });
  });

  it('goes to configured targets alone', async () => {
    const response = await fetch(`${url}/ops/api/jobs`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'callHttp', input: { target: 'http://example.com' } }),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      errors: [{ path: 'input.target', message: 'must be a configured target: crm, outside' }],
    });
  });
});

describe('a worker', () => {
  it('applies the declared schedules when it starts', async () => {
    await eventually(async () => {
      const response = await fetch(`${url}/ops/api/schedules/greet-at-noon`, { headers });
      expect(response.status).toBe(200);
    });
  });
});

describe('a worker that is asked to stop', () => {
  it('ends by itself', async () => {
    worker.kill('SIGTERM');
    expect(await once(worker, 'exit')).toEqual([0, null]);
  });
});

describe('durable jobs that are not configured', () => {
  it('say all that is wrong when they are used, and nothing before', async () => {
    const unconfigured = createDurableJobs({ env: { DATABASE_URL: 'nonsense' } });
    expect(() => unconfigured.router()).toThrow(ConfigError);
    expect(() => unconfigured.router()).toThrow(/DATABASE_URL(.|\n)*API_KEY(.|\n)*APP_SECRET/);
    await expect(unconfigured.start(greet, { name: 'Ada' })).rejects.toThrow();
    await unconfigured.close();
  });
});
