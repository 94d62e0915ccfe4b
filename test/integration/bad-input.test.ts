import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { once } from 'node:events';
import { beforeAll, describe, expect, it } from 'vitest';
import { useService } from '../support/service.ts';

const service = useService();
let userId = '';
beforeAll(async () => {
  const user = { email: `ada-${randomUUID()}@example.com`, name: 'Ada', password: 'correct horse' };
  const { body } = await service.request('POST', '/api/auth/register', user);
  userId = (body as { id: string }).id;
});

const order = () => ({
  userId,
  currency: 'EUR',
  items: [{ sku: 'tea', quantity: 1, unitAmount: 100 }],
  paymentMethod: 'pm_card_visa',
});
const json = { 'content-type': 'application/json' };

type Case = [
  what: string,
  method: string,
  path: string,
  body: unknown,
  headers: Record<string, string>,
  expected: object,
];

const cursorOf = (position: unknown): string =>
  Buffer.from(typeof position === 'string' ? position : JSON.stringify(position)).toString('base64url');

const refusedQueries: [what: string, path: string][] = [
  ['a kind with NUL', '/api/work-items?kind=a%00b'],
  ['a kind that is not UTF-8', '/api/work-items?kind=a%ffb'],
  ['a code with NUL', '/api/dead-letters?code=%00'],
  ['an actor with NUL', '/api/audit?who=%00'],
  ['a time before all others', '/api/audit?from=0000-01-01T00:00:00Z'],
  ['a time after all others', '/api/jobs?startedAfter=9999-12-31T23:59:59-23:59'],
  ['a day that there is not', `/api/emails?cursor=${cursorOf(['2026-02-30 10:00:00+00', randomUUID()])}`],
  ['a place beyond all items', `/api/bulk-jobs/${randomUUID()}?cursor=${cursorOf('99999999999')}`],
  ['a place before all items', `/api/bulk-jobs/${randomUUID()}?cursor=${cursorOf('-1')}`],
  ['a place in hexadecimal', `/api/bulk-jobs/${randomUUID()}?cursor=${cursorOf('0x10')}`],
  [
    'an instant that there is not',
    `/api/jobs?cursor=${cursorOf({ in: 'open', asOf: '2026-13-45T99:00:00.0Z' })}`,
  ],
  ['a page size in hexadecimal', '/api/emails?limit=0x10'],
  ['two page sizes', '/api/emails?limit=1&limit=2'],
  ['a day of a report that there is not', `/api/reports?cursor=${cursorOf(`2026-02-30 ${randomUUID()}`)}`],
];

const cases: Case[] = [
  ['invalid JSON', 'POST', '/api/orders', '{"userId": ', json, { status: 400, code: 'invalid_json' }],
  [
    'a body that is no object',
    'POST',
    '/api/orders',
    '[1]',
    json,
    { status: 400, code: 'validation_failed' },
  ],
  [
    'a body that is null',
    'POST',
    '/api/auth/register',
    'null',
    json,
    { status: 400, code: 'validation_failed' },
  ],
  ['no body', 'POST', '/api/orders', undefined, {}, { status: 415, code: 'unsupported_media_type' }],
  [
    'a form',
    'POST',
    '/api/orders',
    'a=b',
    { 'content-type': 'application/x-www-form-urlencoded' },
    { status: 415, code: 'unsupported_media_type' },
  ],
  [
    'text',
    'POST',
    '/api/auth/register',
    'hello',
    { 'content-type': 'text/plain' },
    { status: 415, code: 'unsupported_media_type' },
  ],
  [
    'an unknown charset',
    'POST',
    '/api/orders',
    '{}',
    { 'content-type': 'application/json; charset=klingon' },
    { status: 415, code: 'unsupported_media_type' },
  ],
  [
    'an unknown encoding',
    'POST',
    '/api/orders',
    '{}',
    { ...json, 'content-encoding': 'lzma' },
    { status: 415, code: 'unsupported_media_type' },
  ],
  [
    'a body whose compression is broken',
    'POST',
    '/api/orders',
    'not gzip at all',
    { ...json, 'content-encoding': 'gzip' },
    { status: 400, code: 'validation_failed' },
  ],
  [
    'an empty body that says it is JSON',
    'POST',
    '/api/orders',
    '',
    json,
    { status: 400, code: 'validation_failed' },
  ],
  [
    'a method that the resource does not take',
    'DELETE',
    `/api/orders/${randomUUID()}`,
    undefined,
    {},
    { status: 405, code: 'method_not_allowed' },
  ],
  [
    'a body of a megabyte',
    'POST',
    '/api/orders',
    JSON.stringify({ a: 'x'.repeat(1_000_000) }),
    json,
    { status: 413, code: 'payload_too_large' },
  ],
  [
    'nesting without end',
    'POST',
    '/api/orders',
    `${'['.repeat(50_000)}${']'.repeat(50_000)}`,
    json,
    { status: 400, code: 'validation_failed' },
  ],
  [
    'a name with NUL',
    'POST',
    '/api/auth/register',
    { email: 'a@example.com', name: 'A\0', password: 'correct horse' },
    {},
    { status: 400, code: 'validation_failed' },
  ],
  [
    'a token with NUL',
    'POST',
    '/api/auth/reset-password',
    { token: 'a\0b', newPassword: 'correct horse' },
    {},
    { status: 400, code: 'validation_failed' },
  ],
  [
    'a name with half of a surrogate pair',
    'POST',
    '/api/auth/register',
    { email: 'a@example.com', name: 'A\ud83d', password: 'correct horse' },
    {},
    { status: 400, code: 'validation_failed', errors: [{ path: 'name' }] },
  ],
  [
    'half of a surrogate pair in the name of a field',
    'POST',
    '/api/orders',
    String.raw`{"items":[{"\udc00":1}]}`,
    json,
    { status: 400, code: 'validation_failed', errors: [{ path: 'items[0].\udc00' }] },
  ],
  [
    'Latin-1',
    'POST',
    '/api/auth/register',
    Buffer.from('{"email":"a@example.com","name":"Zoë","password":"correct horse"}', 'latin1'),
    json,
    { status: 400, code: 'invalid_json' },
  ],
  [
    'Latin-1 that says so',
    'POST',
    '/api/auth/register',
    Buffer.from('{"email":"a@example.com","name":"Zoë","password":"correct horse"}', 'latin1'),
    { 'content-type': 'application/json; charset="ISO-8859-1"' },
    { status: 415, code: 'unsupported_media_type' },
  ],
  [
    'UTF-16',
    'POST',
    '/api/auth/register',
    Buffer.from('{"email":"a@example.com"}', 'utf16le'),
    { 'content-type': 'application/json; charset=utf-16le' },
    { status: 415, code: 'unsupported_media_type' },
  ],
  [
    'a prototype as a field',
    'POST',
    '/api/auth/forgot-password',
    '{"email":"a@example.com","__proto__":{"admin":true}}',
    json,
    { status: 400, code: 'validation_failed' },
  ],
  [
    'an id that is none',
    'GET',
    '/api/orders/1%20OR%201=1',
    undefined,
    {},
    { status: 400, code: 'validation_failed' },
  ],
  [
    'a broken escape in the path',
    'GET',
    '/api/orders/%E0%A4%A',
    undefined,
    {},
    { status: 400, code: 'validation_failed' },
  ],
  [
    'an unknown order',
    'GET',
    `/api/orders/${randomUUID()}`,
    undefined,
    {},
    { status: 404, code: 'not_found' },
  ],
  ['an unknown user', 'GET', `/api/users/${randomUUID()}`, undefined, {}, { status: 404, code: 'not_found' }],
  [
    'an unknown job',
    'GET',
    '/api/jobs/process-order:unknown',
    undefined,
    {},
    { status: 404, code: 'not_found' },
  ],
  [
    'a job id that is none',
    'GET',
    '/api/jobs/unknown',
    undefined,
    {},
    { status: 400, code: 'validation_failed' },
  ],
  [
    'cancelling an unknown job',
    'DELETE',
    '/api/jobs/process-order:unknown',
    undefined,
    {},
    { status: 404, code: 'not_found' },
  ],
  [
    'cancelling an unknown order',
    'POST',
    `/api/orders/${randomUUID()}/cancel`,
    undefined,
    {},
    { status: 404, code: 'not_found' },
  ],
  ...refusedQueries.map(([what, path]): Case => [
    what,
    'GET',
    path,
    undefined,
    {},
    { status: 400, code: 'validation_failed' },
  ]),
  [
    'a backfill without an end',
    'POST',
    '/api/schedules/hourly/backfill',
    { from: '2026-03-01T00:00:00Z', to: '' },
    {},
    { status: 400, code: 'validation_failed', errors: [{ path: 'to' }] },
  ],
  [
    'a reason that is not UTF-8',
    'POST',
    `/api/orders/${randomUUID()}/cancel`,
    undefined,
    { 'x-reason': 'Zo\u00eb' },
    { status: 400, code: 'validation_failed', errors: [{ path: 'X-Reason', message: 'must be UTF-8' }] },
  ],
  [
    'a name of invisible characters',
    'POST',
    '/api/auth/register',
    { email: 'a@example.com', name: '\u200b\u2060', password: 'correct horse' },
    {},
    { status: 400, code: 'validation_failed', errors: [{ path: 'name', message: 'must not be blank' }] },
  ],
  [
    'a work item whose key has a control character',
    'POST',
    '/api/work-items',
    { kind: 'adjust-stock', payload: { sku: 'tea', delta: 1, reason: 'delivery' }, dedupeKey: 'a\u001bb' },
    {},
    { status: 400, code: 'validation_failed', errors: [{ path: 'dedupeKey' }] },
  ],
  ['an unknown route', 'GET', '/api/nothing', undefined, {}, { status: 404, code: 'not_found' }],
  [
    'an unknown route outside of the API',
    'GET',
    '/nothing',
    undefined,
    {},
    { status: 404, code: 'not_found' },
  ],
  [
    'a wrong key',
    'GET',
    '/api/nothing',
    undefined,
    { authorization: 'Bearer wrong' },
    { status: 401, code: 'unauthorized' },
  ],
  [
    'another kind of key',
    'GET',
    '/api/nothing',
    undefined,
    { authorization: 'Basic YTpi' },
    { status: 401, code: 'unauthorized' },
  ],
  [
    'an idempotency key with a space',
    'POST',
    '/api/orders',
    { valid: 'later' },
    { 'idempotency-key': 'a b' },
    { status: 400, code: 'validation_failed' },
  ],
];

describe('the API answers', () => {
  it.each(cases)('%s with problem+json', async (_what, method, path, body, headers, expected) => {
    const answer = await service.request(method, path, body, headers);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect({ status: answer.status, ...(answer.body as object) }).toMatchObject(expected);
    expect(answer.body).toMatchObject({
      type: expect.stringMatching(/^urn:problem:/) as unknown,
      title: expect.any(String) as unknown,
      detail: expect.any(String) as unknown,
      requestId: answer.headers.get('x-request-id'),
    });
    expect(JSON.stringify(answer.body)).not.toMatch(/node_modules|at \w+ \(/);
  });

  it('all invalid fields of an order, and stores nothing', async () => {
    const before = await counts();
    const answer = await service.request('POST', '/api/orders', {
      userId: 'ada',
      currency: 'Euro',
      items: [{ sku: 'tea', quantity: 0, unitAmount: 1.5, colour: 'green' }],
      paymentMethod: 42,
      coupon: 'FREE',
    });
    expect(answer.status).toBe(400);
    const { errors } = answer.body as { errors: { path: string }[] };
    expect(errors.map((error) => error.path).toSorted()).toEqual([
      'coupon',
      'currency',
      'items[0].colour',
      'items[0].quantity',
      'items[0].unitAmount',
      'paymentMethod',
      'userId',
    ]);
    expect(await counts()).toEqual(before);
  });

  it('a body with a byte order mark as one without', async () => {
    const user = { email: `bom-${randomUUID()}@example.com`, name: 'Ada', password: 'correct horse' };
    const body = Buffer.from(`\ufeff${JSON.stringify(user)}`);
    expect((await service.request('POST', '/api/auth/register', body, json)).status).toBe(201);
  });

  it('a request for an unknown user with the field, and saves nothing of it', async () => {
    const before = await counts();
    const answer = await service.request('POST', '/api/orders', { ...order(), userId: randomUUID() });
    expect(answer).toMatchObject({
      status: 422,
      body: { code: 'unknown_user', errors: [{ path: 'userId' }] },
    });
    expect(await counts()).toEqual(before);
  });

  it('and stays up when a client disconnects in the middle of its body', async () => {
    const { hostname, port } = new URL(service.url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    socket.write(
      'POST /api/auth/register HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"email"',
    );
    socket.destroy();
    expect((await service.request('GET', '/healthz')).status).toBe(200);
  });
});

describe('public routes', () => {
  const limited = useService({ config: { PUBLIC_RATE_LIMIT_PER_MINUTE: 3 }, workers: false });

  it('are limited, and say when to come back', async () => {
    const forgot = () => limited.request('POST', '/api/auth/forgot-password', { email: 'ada@example.com' });
    for (let n = 0; n < 3; n++) expect((await forgot()).status).toBe(200);
    const answer = await forgot();
    expect(answer).toMatchObject({ status: 429, body: { code: 'too_many_requests' } });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('need no key, and all others do', async () => {
    const noKey = { authorization: '' };
    expect((await service.request('GET', '/healthz', undefined, noKey)).status).toBe(200);
    expect(
      (await service.request('POST', '/api/auth/forgot-password', { email: 'a@b.example' }, noKey)).status,
    ).toBe(200);
    for (const path of ['/api/orders', '/api/users/x', '/api/jobs/x', '/api/stock/x', '/api/nothing']) {
      const answer = await service.request('GET', path, undefined, noKey);
      expect(answer).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
  });
});

/** The number of rows that an order could have left. */
async function counts(): Promise<unknown[]> {
  const tables = ['orders', 'orderItems', 'orderPaymentMethods', 'outbox', 'idempotencyKeys'] as const;
  return Promise.all(
    tables.map((table) =>
      service.db
        .selectFrom(table)
        .select((eb) => eb.fn.countAll().as('rows'))
        .execute(),
    ),
  );
}
