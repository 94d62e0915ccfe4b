import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PrivateAddressError } from './public-address.ts';
import { sendRequest, type HttpCall } from './send-request.ts';
import { httpTargets, type HttpTarget } from './target.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const call: HttpCall = { id: 'job-1', method: 'POST', path: '/done', body: { invoiceId: 'i-1' } };
const signal = new AbortController().signal;

let server: Server;
let answer: RequestListener = (_request, response) => response.end('ok');
let seen: { url: string; method: string; headers: IncomingHttpHeaders; body: string }[] = [];

beforeEach(async () => {
  seen = [];
  answer = (_request, response) => response.end('ok');
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      seen.push({ url: request.url ?? '', method: request.method ?? '', headers: request.headers, body });
      answer(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function target(more: object = {}, host = '127.0.0.1'): HttpTarget {
  const { port } = server.address() as AddressInfo;
  const { own } = httpTargets.parse({
    own: { url: `http://${host}:${port}/hooks/`, secret, allowPrivateAddresses: true, ...more },
  });
  if (!own) throw new Error('there is no target');
  return own;
}

describe('a request to a target', () => {
  it('is signed, so that the endpoint can verify it', async () => {
    expect(await sendRequest(target(), call, { signal })).toEqual({
      status: 200,
      contentType: null,
      body: 'ok',
      truncated: false,
    });
    const [got] = seen;
    expect(got).toMatchObject({ url: '/hooks/done', method: 'POST' });
    expect(got?.headers['webhook-id']).toBe('job-1');
    expect(new Webhook(secret).verify(got?.body ?? '', got?.headers as Record<string, string>)).toEqual(
      call.body,
    );
    expect(() =>
      new Webhook(secret).verify('{"invoiceId":"i-2"}', got?.headers as Record<string, string>),
    ).toThrow('No matching signature');
  });

  it.each(['127.0.0.1', 'localhost'])('does not go to %s unless its target may be private', async (host) => {
    await expect(
      sendRequest(target({ allowPrivateAddresses: false }, host), call, { signal }),
    ).rejects.toBeInstanceOf(PrivateAddressError);
    expect(seen).toEqual([]);
  });

  it('does not go to IPv6 loopback either', async () => {
    const own = target({ allowPrivateAddresses: false }, '[::1]');
    await expect(sendRequest(own, call, { signal })).rejects.toBeInstanceOf(PrivateAddressError);
  });

  it('does not follow a redirect', async () => {
    answer = (_request, response) => response.writeHead(307, { location: '/elsewhere' }).end();
    expect(await sendRequest(target(), call, { signal })).toMatchObject({ status: 307 });
    expect(seen).toHaveLength(1);
  });

  it('keeps the beginning of a long answer, as text that a database takes', async () => {
    answer = (_request, response) => response.end(`\0${'é'.repeat(10_000)}`);
    const { body, truncated } = await sendRequest(target(), call, { signal });
    expect(truncated).toBe(true);
    expect(body).toBe(`\uFFFD${'é'.repeat(2_047)}\uFFFD`);
  });

  it.each([
    ['120', 120_000],
    ['Mon, 02 Mar 2026 10:00:30 GMT', 30_000],
    ['Mon, 02 Mar 2026 09:00:00 GMT', 0],
    ['soon', undefined],
  ])('reads the Retry-After %s', async (header, retryAfterMs) => {
    answer = (_request, response) => response.writeHead(503, { 'retry-after': header }).end();
    const now = new Date('2026-03-02T10:00:00Z');
    expect((await sendRequest(target(), call, { signal, now })).retryAfterMs).toBe(retryAfterMs);
  });

  it('ends if the response takes too long, also in its middle', async () => {
    answer = (_request, response) => void response.write('begun');
    await expect(sendRequest(target({ timeout: '100ms' }), call, { signal })).rejects.toThrow(
      'The operation was aborted due to timeout',
    );
  });

  it('ends if the job is cancelled', async () => {
    const cancelled = new AbortController();
    answer = () => cancelled.abort(new Error('cancelled'));
    await expect(sendRequest(target(), call, { signal: cancelled.signal })).rejects.toThrow('cancelled');
  });
});

describe('the configuration of a target', () => {
  it.each([
    ['an address of another kind', { url: 'ftp://example.com' }, 'url'],
    ['a user in its address', { url: 'https://ada@example.com' }, 'url'],
    ['a query in its address', { url: 'https://example.com/?a=1' }, 'url'],
    ['a short secret', { secret: 'whsec_c2hvcnQ=' }, 'secret'],
    ['a field that is not known', { retries: 3 }, undefined],
  ])('is refused with %s', (_what, more, field) => {
    const parsed = httpTargets.safeParse({ own: { url: 'https://example.com', secret, ...more } });
    expect(parsed.error?.issues.map(({ path }) => path[1])).toEqual([field]);
  });

  it('is refused under a name that no path could have', () => {
    expect(httpTargets.safeParse({ 'A b': { url: 'https://example.com', secret } }).success).toBe(false);
  });
});
