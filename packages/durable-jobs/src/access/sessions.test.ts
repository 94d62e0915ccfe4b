import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSecrets } from '../process/secrets.ts';
import { noteMount } from '../http/mount.ts';
import { exchange } from '../../../../test/support/exchange.ts';
import type { KeyDirectory, UsableKey } from './key-directory.ts';
import { createSessions } from './sessions.ts';

const NOW = Date.UTC(2026, 0, 1);
const HOUR_MS = 3_600_000;

beforeEach(() => vi.useFakeTimers({ now: NOW }));
afterEach(() => vi.useRealTimers());

const key = (id: string, more: Partial<UsableKey> = {}): UsableKey => ({
  id,
  name: id,
  role: 'operator',
  secretHash: `hash of ${id}`,
  expiresAt: null,
  ...more,
});
const ada = key('ada');
const bob = key('bob');

const secrets = createSecrets('the secret of these tests, which is long enough');
const sessionsWith = (keys: readonly UsableKey[], by = secrets) =>
  createSessions({
    secrets: by,
    ttlMs: 8 * HOUR_MS,
    keys: {
      findSigned: (id: string) => Promise.resolve(keys.find((one) => one.id === id)),
    } as unknown as KeyDirectory,
  });
const sessions = sessionsWith([ada, bob]);

/** Returns the Set-Cookie header of a sign-in. */
function signIn(as: UsableKey, { secure = false, to = sessions } = {}): string {
  const { request, response } = exchange({ secure });
  to.start(request, response, as);
  return String(response.getHeader('set-cookie'));
}

const pairOf = (setCookie: string): string => setCookie.split(';')[0] ?? '';
const read = (cookie: string, { from = sessions, secure = false } = {}) =>
  from.read(exchange({ headers: { cookie }, secure }).request);

describe('a session', () => {
  it('stands for its key until it ends', async () => {
    const cookie = pairOf(signIn(ada));
    const session = { key: ada, endsAt: new Date(NOW + 8 * HOUR_MS) };
    expect(await read(cookie)).toEqual(session);
    vi.setSystemTime(NOW + 8 * HOUR_MS - 1);
    expect(await read(cookie)).toEqual(session);
    vi.setSystemTime(NOW + 8 * HOUR_MS);
    expect(await read(cookie)).toBeUndefined();
  });

  it('ends no later than its key', async () => {
    const brief = key('brief', { expiresAt: new Date(NOW + HOUR_MS) });
    const setCookie = signIn(brief);
    expect(setCookie).toContain(`Expires=${new Date(NOW + HOUR_MS).toUTCString()}`);
    expect(await read(pairOf(setCookie), { from: sessionsWith([brief]) })).toEqual({
      key: brief,
      endsAt: new Date(NOW + HOUR_MS),
    });
  });

  it('is a cookie that scripts and other sites cannot use', () => {
    expect(signIn(ada)).toMatch(
      /^durable_jobs_session=ada\.\d+\.[\w-]{43}\.[\w-]{43}; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Strict$/,
    );
  });

  it('has over TLS a name that only TLS can set, for the whole host or for the path of a mounted service', () => {
    expect(signIn(ada, { secure: true })).toMatch(/^__Host-durable_jobs_session=.*; Path=\/; .*; Secure;/);
    const { request } = exchange();
    let mounted = '';
    noteMount('/ops')(request, exchange().response, () => (mounted = signIn(ada, { secure: true })));
    expect(mounted).toMatch(/^__Secure-durable_jobs_session=.*; Path=\/ops; .*; Secure;/);
  });

  it('that came over TLS is not valid without it, or the reverse', async () => {
    expect(await read(pairOf(signIn(ada, { secure: true })))).toBeUndefined();
    expect(await read(pairOf(signIn(ada)), { secure: true })).toBeUndefined();
  });

  it.each([
    ['a later end', ([id, end, bond, mac]: string[]) => [id, Number(end) + 1, bond, mac]],
    ['another key', ([, end, bond, mac]: string[]) => ['bob', end, bond, mac]],
    ['another bond', ([id, end, , mac]: string[]) => [id, end, 'A'.repeat(43), mac]],
    ['another signature', ([id, end, bond]: string[]) => [id, end, bond, 'A'.repeat(43)]],
  ])('with %s is forged', async (_what, change) => {
    const value = pairOf(signIn(ada)).split('=')[1] ?? '';
    expect(await read(`durable_jobs_session=${change(value.split('.')).join('.')}`)).toBe('forged');
  });

  it('that another secret signed is forged, even after its end', async () => {
    const to = sessionsWith([ada], createSecrets('the secret before this one, also long enough'));
    const cookie = pairOf(signIn(ada, { to }));
    expect(await read(cookie)).toBe('forged');
    vi.setSystemTime(NOW + 9 * HOUR_MS);
    expect(await read(cookie)).toBe('forged');
  });

  it.each([
    ['none', ''],
    ['another cookie', 'theme=dark'],
    ['a cookie of another form', 'durable_jobs_session=ada'],
  ])('does not exist with %s', async (_what, cookie) => {
    expect(await read(cookie)).toBeUndefined();
  });

  it('does not exist if its cookie has anything before or after it', async () => {
    const value = pairOf(signIn(ada)).split('=')[1] ?? '';
    expect(await read(`durable_jobs_session=x.${value}`)).toBeUndefined();
    expect(await read(`durable_jobs_session=${value}.x`)).toBeUndefined();
  });

  it('ends with its key, also if that id has another secret', async () => {
    const cookie = pairOf(signIn(ada));
    expect(await read(cookie, { from: sessionsWith([bob]) })).toBeUndefined();
    expect(await read(cookie, { from: sessionsWith([key('ada', { secretHash: 'new' })]) })).toBeUndefined();
  });

  it('is removed by a cookie with the same name and path', () => {
    const { request, response } = exchange({ secure: true });
    sessions.end(request, response);
    expect(response.getHeader('set-cookie')).toMatch(
      /^__Host-durable_jobs_session=; Path=\/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Strict$/,
    );
  });
});
