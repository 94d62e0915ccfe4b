import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApplicationFailure } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import pg from 'pg';
import { pino } from 'pino';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRunActivities } from '../jobs/run/activities.ts';
import { defineCallHttp } from './call-http.ts';
import { httpTargets } from './target.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const seen: { headers: IncomingHttpHeaders; body: string }[] = [];
let answer: { status: number; headers?: Record<string, string>; body?: string } = { status: 200 };
let server: Server;
let url = '';

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      seen.push({ headers: request.headers, body });
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

/** Runs one attempt of a call and returns its result or its failure. */
function attempt(input: object, target: object = {}): Promise<unknown> {
  const job = defineCallHttp(
    httpTargets.parse({ billing: { url, secret, allowPrivateAddresses: true, ...target } }),
  );
  const { callHttp } = createRunActivities([job], {
    // It would connect on first use, and is never used.
    db: new pg.Pool(),
    logger: pino({ level: 'silent' }),
    checkDatabase: () => Promise.resolve(),
  });
  if (!callHttp) throw new Error('there is no activity');
  const parsed = job.input.parse({ target: 'billing', ...input });
  return new MockActivityEnvironment({ attempt: 2 })
    .run(() => callHttp(parsed, { effectKey: 'call-http:billing/run', attemptsBefore: 0 }))
    .catch((error: unknown) => error);
}

describe('a call of an endpoint', () => {
  it('results in its answer, and has a signature and an id that every attempt has', async () => {
    answer = { status: 201, headers: { 'content-type': 'application/json' }, body: '{"ok":true}' };
    expect(await attempt({ path: '/invoices/17', body: { invoiceId: 17 } })).toEqual({
      status: 201,
      contentType: 'application/json',
      body: '{"ok":true}',
      truncated: false,
    });
    await attempt({ path: '/invoices/17', body: { invoiceId: 17 } });
    const [first, again] = seen.slice(-2);
    expect(first?.headers['webhook-id']).toBe('call-http:billing/run');
    expect(again?.headers['webhook-id']).toBe('call-http:billing/run');
    expect(new Webhook(secret).verify(again?.body ?? '', again?.headers as Record<string, string>)).toEqual({
      invoiceId: 17,
    });
  });

  it.each([400, 401, 404, 410, 422, 302])('fails permanently if the response is %i', async (status) => {
    answer = { status, body: 'no such invoice' };
    expect(await attempt({})).toMatchObject({
      nonRetryable: true,
      type: `Http${status}`,
      message: `billing returned ${status}: no such invoice`,
    });
  });

  it.each([408, 425, 429, 500, 502, 503])('is retried if the response is %i', async (status) => {
    answer = { status };
    const failure = await attempt({});
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ nonRetryable: false, type: `Http${status}`, nextRetryDelay: 300_000 });
  });

  it('waits as long as the endpoint asks, if that is longer', async () => {
    answer = { status: 429, headers: { 'retry-after': '900' } };
    expect(await attempt({})).toMatchObject({ nextRetryDelay: 900_000 });
  });

  it('is retried if there is no response, which does not count as an outage of our database', async () => {
    const failure = await attempt({}, { url: 'http://127.0.0.1:1' });
    expect(failure).toMatchObject({
      nonRetryable: false,
      message: 'billing did not respond: connect ECONNREFUSED 127.0.0.1:1',
    });
  });

  it('fails permanently if the address is private and not allowed', async () => {
    expect(await attempt({}, { allowPrivateAddresses: false })).toMatchObject({
      nonRetryable: true,
      type: 'HttpAddressRefused',
    });
  });
});

describe('the input of a call', () => {
  const job = defineCallHttp(httpTargets.parse({ billing: { url: 'https://example.com/hooks', secret } }));

  it.each<[string, object]>([
    ['another target', { target: 'elsewhere' }],
    ['an address', { target: 'billing', path: 'https://example.org/' }],
    ['an address without a scheme', { target: 'billing', path: '//example.org/a' }],
    ['a way out of its path', { target: 'billing', path: '/../admin' }],
    ['an encoded way out of its path', { target: 'billing', path: '/%2E%2e/admin' }],
    ['a query', { target: 'billing', path: '/a?b=c' }],
    ['a method without a body', { target: 'billing', method: 'GET' }],
    ['a large body', { target: 'billing', body: 'x'.repeat(65_536) }],
    ['a field that is not known', { target: 'billing', headers: {} }],
  ])('is refused with %s', (_what, input) => {
    expect(job.input.safeParse(input).success).toBe(false);
  });

  it('gives equal calls one key, whatever the order of their fields, and other calls another', () => {
    const keyOf = (input: object): string =>
      job.businessKey(job.input.parse({ target: 'billing', ...input }));
    expect(keyOf({ body: { a: 1, b: 2 } })).toMatch(/^billing:[0-9a-f]{16}$/);
    expect(keyOf({ body: { b: 2, a: 1 } })).toBe(keyOf({ body: { a: 1, b: 2 } }));
    expect(keyOf({ body: { a: 2, b: 1 } })).not.toBe(keyOf({ body: { a: 1, b: 2 } }));
    expect(keyOf({ path: '/a' })).not.toBe(keyOf({ path: '/b' }));
  });

  it('is refused with that reason if no target is configured', () => {
    const { error } = defineCallHttp({}).input.safeParse({ target: 'billing' });
    expect(error?.issues[0]?.message).toBe('must be a configured target: none is configured');
  });
});
