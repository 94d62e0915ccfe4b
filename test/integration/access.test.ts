import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { pino } from 'pino';
import { beforeAll, describe, expect, it } from 'vitest';
import { createKeyDirectory } from '../../packages/durable-jobs/src/access/key-directory.ts';
import { LOCAL_API_KEY } from '../../packages/durable-jobs/src/config/config.ts';
import { holdRows, untilLocksAreAwaited } from '../support/hold-rows.ts';
import { eventually } from '../support/jobs.ts';
import { runCommand } from '../support/run-command.ts';
import { useService, type Answer, type Service } from '../support/service.ts';
import { whileRefused } from '../support/while-refused.ts';
import { stockedSku } from '../support/work-items.ts';

const service = useService({ workers: false });
/** Separate: on a busy machine, seconds may pass between the headers of any request and its body. */
const impatient = useService({ workers: false, config: { BODY_TIMEOUT: 1_000 } });
const locked = useService({ workers: false, config: { KEY_FAILURES_PER_MINUTE: 3 } });

const keys = (...args: string[]) => runCommand(service, 'packages/durable-jobs/src/cli/keys-main.ts', args);

interface MadeKey {
  id: string;
  key: string;
  headers: Record<string, string>;
}

async function makeKey(role: string, ...args: string[]): Promise<MadeKey> {
  const { code, out, err } = await keys('create', '--name', `test ${role}`, '--role', role, ...args);
  expect(code, err).toBe(0);
  const key = out.trim();
  expect(key).toMatch(/^djk_[0-9a-f]{12}_[\w-]{43}$/);
  return { key, id: key.split('_')[1] ?? '', headers: { authorization: `Bearer ${key}` } };
}

interface AuditView {
  items: Record<string, unknown>[];
  nextCursor: string | null;
}

async function audit(query: string, headers?: Record<string, string>): Promise<AuditView> {
  const { status, body } = await service.request('GET', `/api/audit?${query}`, undefined, headers);
  expect(status).toBe(200);
  return body as AuditView;
}

type Browsing = Pick<RequestInit, 'method' | 'body'> & { headers?: Record<string, string> };

/** Sends a request as a browser does; redirects are not followed. */
async function browse(target: Service, path: string, init: Browsing = {}): Promise<Response> {
  return fetch(target.url + path, {
    redirect: 'manual',
    ...init,
    headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8', ...init.headers },
  });
}

function signIn(key: string, next = '/', headers: Record<string, string> = {}): Promise<Response> {
  return browse(service, '/login', {
    method: 'POST',
    body: new URLSearchParams({ key, next }),
    headers: { origin: service.url, ...headers },
  });
}

const cookieOf = (response: Response): string => response.headers.get('set-cookie')?.split(';')[0] ?? '';

let viewer: MadeKey;
let operator: MadeKey;
beforeAll(async () => {
  viewer = await makeKey('viewer');
  operator = await makeKey('operator', '--expires', '90d', '--reason', 'for the tests');
});

describe('an API key', () => {
  it('is stored as a hash alone, and listed without its secret', async () => {
    const rows = await service.db.selectFrom('apiKeys').selectAll().execute();
    const secret = viewer.key.split('_').slice(2).join('_');
    expect(JSON.stringify(rows)).not.toContain(secret);
    expect(rows.find(({ id }) => id === operator.id)?.expiresAt?.getTime()).toBeGreaterThan(
      Date.now() + 89 * 86_400_000,
    );
    const { out } = await keys('list');
    expect(out).toMatch(new RegExp(`${viewer.id} +test viewer +viewer +valid`));
    expect(out).not.toContain(secret);
  });

  it('lets a viewer read, and an operator write', async () => {
    const path = '/api/stock/tea';
    expect(await service.request('PUT', path, { available: 3 }, operator.headers)).toMatchObject({
      status: 200,
    });
    expect(await service.request('GET', path, undefined, viewer.headers)).toMatchObject({
      status: 200,
      body: { available: 3 },
    });
    expect(await service.request('PUT', path, { available: 9 }, viewer.headers)).toMatchObject({
      status: 403,
      body: { code: 'forbidden', detail: expect.stringContaining('role operator') as unknown },
    });
    expect(await service.request('GET', path, undefined, operator.headers)).toMatchObject({
      body: { available: 3 },
    });
  });

  it.each([
    ['POST', '/api/orders'],
    ['POST', '/api/bulk-jobs?task=import-products'],
    ['POST', '/API/Orders'],
    ['DELETE', '/api/jobs/process-order:x'],
    ['PATCH', '/api/schedules/daily-report'],
    ['POST', '/api/process-bulk'],
    ['POST', '/api/nothing'],
  ])('refuses a viewer %s %s before anything is read or done', async (method, path) => {
    const answer = await service.request(method, path, undefined, viewer.headers);
    expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });

  it('lets a viewer preview a schedule, which changes nothing', async () => {
    const answer = await service.request(
      'POST',
      '/api/schedules/preview',
      { cron: '0 3 * * *', timeZone: 'UTC', count: 1 },
      viewer.headers,
    );
    expect(answer.status).toBe(200);
  });

  it('is refused with a wrong secret, a wrong id, or another form', async () => {
    const [, id = '', ...secret] = viewer.key.split('_');
    for (const wrong of [
      `djk_${id}_${'A'.repeat(43)}`,
      `djk_000000000000_${secret.join('_')}`,
      `djk_${id}_`,
      id,
      'environment',
    ]) {
      const answer = await service.request('GET', '/api/stats', undefined, {
        authorization: `Bearer ${wrong}`,
      });
      expect(answer).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
    }
  });

  it('notes when it was used, and costs no query for each request', async () => {
    await eventually(async () => {
      const { lastUsedAt } = await service.db
        .selectFrom('apiKeys')
        .select('lastUsedAt')
        .where('id', '=', viewer.id)
        .executeTakeFirstOrThrow();
      expect(lastUsedAt).not.toBeNull();
    });
  });

  it('ends when it expires', async () => {
    const short = await makeKey('viewer', '--expires', '1h');
    expect((await service.request('GET', '/api/stats', undefined, short.headers)).status).toBe(200);
    await service.db
      .updateTable('apiKeys')
      .set({ expiresAt: new Date(Date.now() - 1) })
      .where('id', '=', short.id)
      .execute();
    await refusedWithinSeconds(short);
    expect((await keys('list')).out).toMatch(new RegExp(`${short.id} .* expired`));
  });

  it('ends within seconds of being revoked, and the sessions that stand for it', async () => {
    const doomed = await makeKey('operator');
    const session = cookieOf(await signIn(doomed.key));
    expect((await browse(service, '/api/stats', { headers: { cookie: session } })).status).toBe(200);
    const { out } = await keys('revoke', doomed.id, '--reason', 'left the team');
    expect(out).toContain('was revoked at');
    await refusedWithinSeconds(doomed);
    expect((await browse(service, '/api/stats', { headers: { cookie: session } })).status).toBe(302);
    expect(await audit(`what=${doomed.id}`)).toMatchObject({
      items: [
        {
          action: 'keys revoke',
          reason: 'left the team',
          outcome: 'done',
          params: { name: 'test operator' },
        },
        { action: 'keys create', who: { id: 'command:keys' } },
      ],
    });
  });

  it('is not made or revoked by halves', async () => {
    expect(await keys('create', '--role', 'viewer')).toMatchObject({ code: 2 });
    expect(await keys('create', '--name', 'x', '--role', 'root')).toMatchObject({ code: 2 });
    expect(await keys('create', '--name', 'x', '--role', 'viewer', '--expires', 'soon')).toMatchObject({
      code: 2,
    });
    expect(await keys('revoke', 'nobody')).toMatchObject({
      code: 2,
      err: expect.stringContaining('does not exist') as unknown,
    });
    expect((await keys('list')).out).not.toMatch(/ x +(viewer|operator) /);
  });

  async function refusedWithinSeconds({ headers }: MadeKey): Promise<void> {
    await eventually(async () => {
      expect((await service.request('GET', '/api/stats', undefined, headers)).status).toBe(401);
    });
  }
});

describe('the audit trail', () => {
  it('has every write: who, what, when, why and how it ended', async () => {
    const order = randomUUID();
    const before = new Date();
    const answer = await service.request('POST', `/api/orders/${order}/cancel`, undefined, {
      ...operator.headers,
      'x-reason': Buffer.from('Kunde möchte zurücktreten').toString('latin1'),
    });
    expect(answer.status).toBe(404);
    const [entry] = await settled(`what=${order}`);
    expect(entry).toMatchObject({
      who: { id: operator.id, name: 'test operator' },
      action: 'POST /api/orders/:id/cancel',
      target: `/api/orders/${order}/cancel`,
      params: { id: order },
      reason: 'Kunde möchte zurücktreten',
      outcome: 'refused',
      status: 404,
      code: 'not_found',
      requestId: answer.headers.get('x-request-id'),
    });
    expect(new Date(entry?.at as string).getTime()).toBeGreaterThanOrEqual(before.getTime() - 1_000);
  });

  it('has a write before it is made', async () => {
    const sku = await stockedSku(service.db, 3);
    const target = `/api/stock/${sku}`;
    const release = await holdRows(service.db, (trx) =>
      trx.selectFrom('stockLevels').select('sku').where('sku', '=', sku).forUpdate().execute(),
    );
    const writing = service.request('PUT', target, { available: 4 }, operator.headers);
    try {
      await untilLocksAreAwaited(service.db, 1);
      expect(await audit(`what=${target}`)).toMatchObject({
        items: [{ who: { id: operator.id }, outcome: 'unknown', status: null, endedAt: null }],
      });
      expect(await service.request('GET', target)).toMatchObject({ body: { available: 3 } });
    } finally {
      await release();
    }
    expect(await writing).toMatchObject({ status: 200 });
    expect(await settled(`what=${target}`)).toMatchObject([{ outcome: 'done', status: 200 }]);
  });

  it('has every write that is made: one that it cannot have is refused', async () => {
    const target = `/api/stock/sku-${randomUUID()}`;
    const put = () => service.request('PUT', target, { available: 4 }, operator.headers);
    await whileRefused(service.db, 'audit_entries', `target = '${target}'`, async () => {
      expect((await put()).status).toBe(500);
      expect((await service.request('GET', target)).status).toBe(404);
    });
    expect((await put()).status).toBe(200);
  });

  it('contains refused requests of viewers, and no reads', async () => {
    const sku = `sku-${randomUUID()}`;
    await service.request('GET', `/api/stock/${sku}`, undefined, viewer.headers);
    await service.request('PUT', `/api/stock/${sku}`, { available: 1 }, viewer.headers);
    const entries = await settled(`what=/api/stock/${sku}`);
    expect(entries).toMatchObject([{ who: { id: viewer.id }, outcome: 'refused', code: 'forbidden' }]);
  });

  it('never has a body, a query or a secret', async () => {
    const secret = `secret-${randomUUID()}`;
    await service.request('POST', `/api/orders?token=${secret}`, { password: secret }, operator.headers);
    const rows = await service.db.selectFrom('auditEntries').selectAll().execute();
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toContain(secret);
    expect(JSON.stringify(rows)).not.toContain(operator.key);
  });

  it('can be searched and paged through', async () => {
    for (const available of [1, 2, 3]) {
      await service.request('PUT', '/api/stock/coffee', { available }, operator.headers);
    }
    // Without the outcome, which is written while the response is sent: otherwise, the last one might be missing.
    await settled(`who=${operator.id}&what=coffee`);
    const { items: found } = await audit(`who=${operator.id}&what=coffee&outcome=done`);
    expect(found).toHaveLength(3);
    const first = await audit('what=PUT%20/api/stock/:sku&outcome=done&limit=2', viewer.headers);
    expect(first.items).toHaveLength(2);
    const rest = await audit(
      `what=PUT%20/api/stock/:sku&outcome=done&limit=2&cursor=${first.nextCursor ?? ''}`,
    );
    const ids = [...first.items, ...rest.items].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const later = new Date(Date.now() + 60_000).toISOString();
    expect(await audit(`from=${later}`)).toEqual({ items: [], nextCursor: null });
    const wrong = await service.request('GET', '/api/audit?from=yesterday&outcome=fine');
    expect(wrong).toMatchObject({ status: 400, body: { errors: [{ path: 'from' }, { path: 'outcome' }] } });
  });

  it('shows a write whose process died with an unknown outcome', async () => {
    await service.db
      .insertInto('auditEntries')
      .values({ actorId: 'gone', actorName: 'gone', target: '/api/orders' })
      .execute();
    expect(await audit('who=gone&outcome=unknown')).toMatchObject({
      items: [{ outcome: 'unknown', status: null, endedAt: null }],
    });
  });

  it('has the schedules that a deployment applies', async () => {
    const { code, err } = await runCommand(service, 'schedules/main.ts', ['apply']);
    expect(code, err).toBe(0);
    const [entry] = await settled('who=command:schedules');
    expect(entry).toMatchObject({ action: 'schedules apply', outcome: 'done' });
    expect((entry?.params as { create: string }).create).toContain('daily-report');
  });

  it('records the outcome of a request whose reason is cut in the middle of a character', async () => {
    const target = `/api/dead-letters/${randomUUID()}/discard`;
    const reason = `${'x'.repeat(499)}😀`;
    expect((await service.request('POST', target, { reason })).status).toBeGreaterThanOrEqual(400);
    expect(await settled(`what=${encodeURIComponent(target)}`)).toMatchObject([
      { outcome: 'refused', reason: `${'x'.repeat(499)}\u{fffd}` },
    ]);
  });

  it('refuses a reason that is too long, before anything is done', async () => {
    const answer = await service.request(
      'PUT',
      '/api/stock/milk',
      { available: 1 },
      { 'x-reason': 'x'.repeat(501) },
    );
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ path: 'X-Reason' }] } });
    expect((await service.request('GET', '/api/stock/milk')).status).toBe(404);
  });

  /** Returns entries when they have their outcome, which is written while the response is sent. */
  function settled(query: string): Promise<Record<string, unknown>[]> {
    return eventually(async () => {
      const { items } = await audit(query);
      expect(items.length).toBeGreaterThan(0);
      for (const { outcome } of items) expect(outcome).not.toBe('unknown');
      return items;
    });
  }
});

describe('a person in a browser', () => {
  it('is redirected to the sign-in page, and from there to the requested page', async () => {
    const asked = await browse(service, '/api/stats?x=1');
    expect(asked.status).toBe(302);
    expect(asked.headers.get('location')).toBe('/login?next=%2Fapi%2Fstats%3Fx%3D1');
    const page = await browse(service, asked.headers.get('location') ?? '');
    expect(await page.text()).toContain('name="next" value="/api/stats?x=1"');
    const entered = await signIn(viewer.key, '/api/stats?x=1');
    expect(entered.status).toBe(303);
    expect(entered.headers.get('location')).toBe('/api/stats?x=1');
    const cookie = entered.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/; HttpOnly/);
    expect(cookie).toMatch(/; SameSite=Strict/);
    expect(cookie).not.toContain(viewer.key);
    const read = await browse(service, '/api/stats', { headers: { cookie: cookieOf(entered) } });
    expect(read.status).toBe(200);
    expect(read.headers.get('cache-control')).toContain('private');
    expect(
      await (await browse(service, '/login', { headers: { cookie: cookieOf(entered) } })).text(),
    ).toContain('test viewer (viewer)');
  });

  it('is informed if the key is wrong, and stays on this service whatever the link says', async () => {
    const wrong = await signIn('djk_nonsense', '/somewhere');
    expect(wrong.status).toBe(401);
    const text = await wrong.text();
    expect(text).toContain('The key does not exist or has expired');
    expect(text).toContain('value="/somewhere"');
    for (const next of [
      '//evil.example',
      '/\\evil.example',
      'https://evil.example',
      '/.//evil.example',
      '/login',
    ]) {
      expect((await signIn(viewer.key, next)).headers.get('location')).toBe('/');
    }
  });

  it('writes with the session only from our own pages', async () => {
    const cookie = cookieOf(await signIn(operator.key));
    const put = (headers: Record<string, string>) =>
      service.request('PUT', '/api/stock/bread', { available: 1 }, { authorization: '', cookie, ...headers });
    for (const headers of [
      {},
      { origin: 'https://evil.example' },
      { origin: 'http://127.0.0.1:8233' },
      { origin: 'null' },
      { 'sec-fetch-site': 'same-site', origin: service.url },
      { 'sec-fetch-site': 'cross-site' },
    ]) {
      expect(await put(headers)).toMatchObject({ status: 403, body: { code: 'cross_origin_request' } });
    }
    expect((await put({ origin: service.url })).status).toBe(200);
    expect((await put({ 'sec-fetch-site': 'same-origin' })).status).toBe(200);
    expect(
      (await put({ 'sec-fetch-site': 'same-origin', cookie: cookieOf(await signIn(viewer.key)) })).status,
    ).toBe(403);
    expect((await signIn(operator.key, '/', { origin: 'https://evil.example' })).status).toBe(403);
  });

  it('cannot forge or extend a session', async () => {
    const [name, value = ''] = cookieOf(await signIn(viewer.key)).split('=');
    const [id = '', endsAt = '', ...proof] = value.split('.');
    const mac = proof.join('.');
    for (const forged of [
      `${id}.${Number(endsAt) + 1}.${mac}`,
      `${operator.id}.${endsAt}.${mac}`,
      `environment.${endsAt}.${mac}`,
      `${id}.${Date.now() - 1}.${mac}`,
      'x',
    ]) {
      const answer = await service.request('GET', '/api/stats', undefined, {
        authorization: '',
        cookie: `${name ?? ''}=${forged}`,
      });
      expect(answer.status).toBe(401);
    }
  });

  it('signs out', async () => {
    const cookie = cookieOf(await signIn(viewer.key));
    const foreign = await browse(service, '/logout', { method: 'POST', headers: { cookie } });
    expect(foreign.status).toBe(403);
    const out = await browse(service, '/logout', {
      method: 'POST',
      headers: { cookie, origin: service.url },
    });
    expect(out.status).toBe(303);
    expect(out.headers.get('set-cookie')).toMatch(/durable_jobs_session=;.*Expires=Thu, 01 Jan 1970/);
  });

  it('gets a response, not a crash, to a form that is sent differently', async () => {
    const forms: Browsing[] = [
      { body: '{"key":"x"}', headers: { 'content-type': 'application/json' } },
      { body: 'key='.repeat(50) },
      { body: 'key[a]=1&next[]=2' },
      {},
    ];
    for (const init of forms) {
      const answer = await browse(service, '/login', {
        method: 'POST',
        ...init,
        headers: { origin: service.url, ...init.headers },
      });
      expect([400, 401, 413, 415]).toContain(answer.status);
    }
  });
});

describe('wrong keys', () => {
  it('lock their address out for a while, right ones included, but no browser that is signed in', async () => {
    const get = (authorization: string, headers = {}): Promise<Answer> =>
      locked.request('GET', '/api/stats', undefined, { authorization, ...headers });
    const page = await browse(locked, '/login', {
      method: 'POST',
      body: new URLSearchParams({ key: 'local-dev-key' }),
      headers: { origin: locked.url },
    });
    for (let n = 0; n < 3; n++) expect((await get(`Bearer wrong-${n}`)).status).toBe(401);
    for (const key of ['wrong', 'local-dev-key']) {
      const answer = await get(`Bearer ${key}`);
      expect(answer).toMatchObject({ status: 429, body: { code: 'too_many_requests' } });
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    const form = await browse(locked, '/login', {
      method: 'POST',
      body: new URLSearchParams({ key: 'local-dev-key' }),
      headers: { origin: locked.url },
    });
    expect(form.status).toBe(429);
    expect(await form.text()).toContain('Please try again in a minute.');
    expect((await get('', { cookie: cookieOf(page) })).status).toBe(200);
    expect((await get('')).status).toBe(401);
  });

  it('that were never seen do not all reach the database', async () => {
    // Calls the directory directly: over HTTP, a busy machine may be too slow to reach the limit.
    const directory = createKeyDirectory({
      db: service.db,
      logger: pino({ level: 'silent' }),
      apiKey: LOCAL_API_KEY,
    });
    expect(await directory.verify(viewer.key)).toBeDefined();
    const answers = await Promise.allSettled(
      // As many as exceed the limit of a second, even if they take several on a busy machine.
      Array.from({ length: 1_000 }, () =>
        directory.verify(`djk_${randomUUID().replaceAll('-', '').slice(0, 12)}_${'A'.repeat(43)}`),
      ),
    );
    const refused = answers.flatMap((answer) =>
      answer.status === 'rejected' ? [answer.reason as unknown] : [],
    );
    expect(refused.length).toBeGreaterThanOrEqual(200);
    for (const reason of refused) expect(reason).toMatchObject({ kind: { code: 'too_many_requests' } });
    expect(answers.some(({ status }) => status === 'fulfilled')).toBe(true);
    // They do not lock out a valid key.
    expect(await directory.verify(viewer.key)).toBeDefined();
  });
});

describe('a request target that is not a plain path', () => {
  it.each(['http://other/api/dead-letters/1', '/api/dead-letters/1#/x'])('is refused: %s', async (target) => {
    const { hostname, port } = new URL(service.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${viewer.key}\r\nConnection: close\r\n\r\n`,
    );
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('every answer', () => {
  it.each(['/healthz', '/login', '/nothing', '/api/stats'])(
    'has the headers that keep browsers safe: %s',
    async (path) => {
      const { headers } = await service.request('GET', path);
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("script-src 'self'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).toContain("form-action 'self'");
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('strict-transport-security')).toContain('max-age=');
      expect(headers.get('referrer-policy')).toBe('same-origin');
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
      expect(headers.get('x-powered-by')).toBeNull();
    },
  );

  it('comes although the body of a request does not', async () => {
    const { hostname, port } = new URL(impatient.url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    let answer = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
    socket.write(
      'POST /api/auth/forgot-password HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
    );
    await once(socket, 'close');
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    expect(answer).toContain('upload_stalled');
  });
});
