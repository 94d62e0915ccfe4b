import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { exchange } from '../../../../test/support/exchange.ts';
import { findCaller, type Caller } from '../http/caller.ts';
import { createSecrets } from '../process/secrets.ts';
import { authenticate, type Access, type TrustedOrigin } from './authenticate.ts';
import { authorize } from './authorize.ts';
import { ENVIRONMENT_KEY_ID, type KeyDirectory, type UsableKey } from './key-directory.ts';
import { createLockout } from './lockout.ts';
import { createSessions } from './sessions.ts';

const key = (id: string, role: UsableKey['role'], expiresAt: Date | null = null): UsableKey => ({
  id,
  name: `name of ${id}`,
  role,
  secretHash: `hash of ${id}`,
  expiresAt,
});
const viewer = key('ada', 'viewer', new Date('2100-01-01'));
const environment = key(ENVIRONMENT_KEY_ID, 'operator');

/** An access whose keys have the texts `key-<id>`, and in which three failures lock an address out. */
function createAccess({ environmentText = 'key-environment' } = {}) {
  const keys = new Map([viewer, environment].map((one) => [one.id, one]));
  const directory: KeyDirectory = {
    verifyEnvironment: (text) => (text === environmentText ? environment : undefined),
    verify: (text) => Promise.resolve(keys.get(text.replace(/^key-/, ''))),
    findSigned: (id) => Promise.resolve(keys.get(id)),
  };
  const sessions = createSessions({
    secrets: createSecrets('the secret of these tests, which is long enough'),
    keys: directory,
    ttlMs: 3_600_000,
  });
  const lockout = createLockout(
    { failures: 3, seconds: 60, because: 'Too many wrong keys.' },
    pino({ level: 'silent' }),
  );
  const access: Access = { keys: directory, sessions, lockout };
  /** The cookie of a browser that has signed in. */
  const cookieOf = (as: UsableKey): string => {
    const { request, response } = exchange();
    sessions.start(request, response, as);
    return String(response.getHeader('set-cookie')).split(';')[0] ?? '';
  };
  return { access, keys, cookieOf };
}

interface Outcome {
  caller: Caller | undefined;
  redirect: string | undefined;
  cacheControl: unknown;
  setCookie: unknown;
}

/** Sends a request through the middleware. */
async function send(
  access: Access,
  sent: Parameters<typeof exchange>[0],
  trusted?: TrustedOrigin,
): Promise<Outcome> {
  const { request, response } = exchange(sent);
  let passed = false;
  await authenticate(access, trusted)(request, response, () => (passed = true));
  expect(findCaller(request) !== undefined).toBe(passed);
  return {
    caller: findCaller(request),
    redirect: response.getHeader('location') as string | undefined,
    cacheControl: response.getHeader('cache-control'),
    setCookie: response.getHeader('set-cookie'),
  };
}

const bearer = (text: string) => ({ headers: { authorization: `Bearer ${text}` } });
const page = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

const unauthorized = { status: 401, headers: { 'WWW-Authenticate': 'Bearer' } };

describe('a request with a key', () => {
  it('is sent by that key, and its response is not shared', async () => {
    const { caller, cacheControl } = await send(createAccess().access, bearer('key-ada'));
    expect(caller).toMatchObject({
      keyId: 'ada',
      keyName: 'name of ada',
      role: 'viewer',
      keyExpiresAt: viewer.expiresAt,
      via: 'key',
    });
    expect(cacheControl).toBe('private, no-cache');
  });

  it.each(['bearer key-ada', 'BEARER   key-ada  '])(
    'may write its scheme as in %j',
    async (authorization) => {
      const { caller } = await send(createAccess().access, { headers: { authorization } });
      expect(caller?.keyId).toBe('ada');
    },
  );

  it.each([
    'Bearer wrong',
    'Basic key-ada',
    'xBearer key-ada',
    'Bearer key-ada x',
    'Bearer',
    'Bearerkey-ada',
  ])('is refused with %j, even by a page that trusts no session or has one', async (authorization) => {
    const { access, cookieOf } = createAccess();
    const refused = send(access, { headers: { ...page, authorization, cookie: cookieOf(viewer) } });
    await expect(refused).rejects.toMatchObject(unauthorized);
    await expect(refused).rejects.toThrow('Send a valid key as `Authorization: Bearer <key>`.');
  });

  it('stays valid as long as its key does', async () => {
    const { access, keys } = createAccess();
    const { caller } = await send(access, bearer('key-ada'));
    expect(await caller?.isStillValid()).toBe(true);
    keys.delete('ada');
    expect(await caller?.isStillValid()).toBe(false);
  });

  it('of the environment waits for no look-up', async () => {
    const { access } = createAccess({ environmentText: 'its-own-text' });
    access.keys.verify = () => new Promise(() => undefined);
    const { caller } = await send(access, bearer('its-own-text'));
    expect(caller?.keyId).toBe(ENVIRONMENT_KEY_ID);
  });

  it('counts wrong keys of an address until it is locked out, and no right ones', async () => {
    const { access } = createAccess();
    for (let n = 0; n < 5; n++) await send(access, bearer('key-ada'));
    for (let n = 0; n < 3; n++)
      await expect(send(access, bearer('wrong'))).rejects.toMatchObject({ status: 401 });
    for (const text of ['wrong', 'key-ada', 'key-environment'])
      await expect(send(access, bearer(text))).rejects.toMatchObject({ status: 429 });
    expect((await send(access, { ...bearer('key-ada'), ip: '192.0.2.2' })).caller?.keyId).toBe('ada');
  });
});

describe('a request with a session', () => {
  it('is sent by its key', async () => {
    const { access, cookieOf } = createAccess();
    const { caller, cacheControl } = await send(access, { headers: { cookie: cookieOf(viewer) } });
    expect(caller).toMatchObject({ keyId: 'ada', via: 'session' });
    expect(cacheControl).toBe('private, no-cache');
  });

  it('uses it if the key is empty', async () => {
    const { access, cookieOf } = createAccess();
    const headers = { authorization: '', cookie: cookieOf(viewer) };
    expect((await send(access, { headers })).caller?.keyId).toBe('ada');
  });

  it('stays valid as long as the session does', async () => {
    const { access, keys, cookieOf } = createAccess();
    const { caller } = await send(access, { headers: { cookie: cookieOf(viewer) } });
    expect(await caller?.isStillValid()).toBe(true);
    keys.delete('ada');
    expect(await caller?.isStillValid()).toBe(false);
  });

  it('changes something only from a page of this service, or of the trusted origin', async () => {
    const { access, cookieOf } = createAccess();
    const write = (headers: Record<string, string>, trusted?: TrustedOrigin) =>
      send(access, { method: 'POST', headers: { ...headers, cookie: cookieOf(viewer) } }, trusted);
    const trusted = { origin: 'https://ui.example', withoutSession: false };
    for (const origin of [undefined, trusted])
      await expect(write({ 'sec-fetch-site': 'cross-site' }, origin)).rejects.toMatchObject({
        kind: { code: 'cross_origin_request' },
      });
    const host = 'jobs.example:3000';
    for (const headers of [
      { host },
      { host, origin: 'https://ui.example' },
      { host, origin: 'null' },
      { host, origin: 'https://jobs.example' },
      { host, origin: `https://${host}`, 'sec-fetch-site': 'same-site' },
      { origin: 'null' },
    ])
      await expect(write(headers)).rejects.toThrow(
        'A browser session is accepted only from the pages of this service; programs must send an API key.',
      );
    expect((await write({ host, origin: `https://${host}` })).caller?.keyId).toBe('ada');
    expect((await write({ origin: 'https://ui.example' }, trusted)).caller?.keyId).toBe('ada');
    expect((await write({ 'sec-fetch-site': 'same-origin' })).caller?.keyId).toBe('ada');
  });

  it.each(['GET', 'HEAD'])('may come from any page with %s, which changes nothing', async (method) => {
    const { access, cookieOf } = createAccess();
    const headers = { cookie: cookieOf(viewer), 'sec-fetch-site': 'cross-site' };
    expect((await send(access, { method, headers })).caller?.keyId).toBe('ada');
  });

  it('that is forged has its cookie removed and counts as a wrong key', async () => {
    const { access, cookieOf } = createAccess();
    const cookie = cookieOf(viewer).replace(/.{43}$/, 'A'.repeat(43));
    const { redirect, setCookie } = await send(access, { headers: { ...page, cookie } });
    expect(redirect).toBe('/login?next=%2F');
    expect(setCookie).toMatch(/^durable_jobs_session=;.*1970/);
    for (let n = 0; n < 2; n++)
      await expect(send(access, { headers: { cookie } })).rejects.toMatchObject({ status: 401 });
    await expect(send(access, bearer('key-ada'))).rejects.toMatchObject({ status: 429 });
  });
});

describe('a request with neither', () => {
  it('is redirected to the sign-in page and back, if a person opens a page', async () => {
    const outcome = await send(createAccess().access, { path: '/jobs?type=a', headers: page });
    expect(outcome).toMatchObject({ redirect: '/login?next=%2Fjobs%3Ftype%3Da', cacheControl: 'no-store' });
  });

  it.each([
    ['a program asks for anything', { headers: { accept: '*/*' } }],
    ['a program asks for JSON', { headers: { accept: 'application/json' } }],
    ['it would change something', { method: 'POST', headers: page }],
  ])('is refused if %s', async (_what, sent) => {
    await expect(send(createAccess().access, sent)).rejects.toMatchObject(unauthorized);
  });

  it('is accepted from a trusted origin that needs no session, and from no other', async () => {
    const { access } = createAccess();
    const from = (origin: string, withoutSession: boolean) =>
      send(access, { method: 'POST', headers: { origin } }, { origin: 'https://ui.example', withoutSession });
    const { caller } = await from('https://ui.example', true);
    expect(caller).toMatchObject({ keyId: ENVIRONMENT_KEY_ID, via: 'session' });
    expect(await caller?.isStillValid()).toBe(true);
    await expect(from('https://ui.example', false)).rejects.toMatchObject(unauthorized);
    await expect(from('https://evil.example', true)).rejects.toMatchObject(unauthorized);
  });
});

describe('a role', () => {
  it('allows what requires it or less', async () => {
    const { access } = createAccess();
    const enter = async (text: string, needed: UsableKey['role']): Promise<boolean> => {
      const { request, response } = exchange(bearer(text));
      await authenticate(access)(request, response, () => undefined);
      let passed = false;
      await authorize(() => needed)(request, response, () => (passed = true));
      return passed;
    };
    expect(await enter('key-ada', 'viewer')).toBe(true);
    expect(await enter('key-environment', 'operator')).toBe(true);
    expect(await enter('key-environment', 'viewer')).toBe(true);
    await expect(enter('key-ada', 'operator')).rejects.toMatchObject({
      status: 403,
      kind: { code: 'forbidden' },
      message: 'This request requires a key with the role operator; this key has the role viewer.',
    });
  });
});
