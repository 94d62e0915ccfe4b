import { parseCookie } from 'cookie';
import type { CookieOptions, Request, Response } from 'express';
import { secretsEqual, type Secrets } from '../../platform/secrets.ts';
import type { KeyDirectory, UsableKey } from './key-directory.ts';

/** Sessions of browsers: a cookie that stands for a key, for some hours, and ends with it. Nothing is stored for one. */
export interface Sessions {
  /** Signs a browser in. */
  start: (request: Request, response: Response, key: UsableKey) => void;
  /** The key that a request's cookie stands for; undefined where there is no valid one. */
  keyOf: (request: Request) => Promise<UsableKey | undefined>;
  /** Takes the cookie away. */
  end: (request: Request, response: Response) => void;
}

/** The cookie's name, without what is put before it over TLS. */
export const SESSION_COOKIE = 'durable_jobs_session';

/** Browsers take a cookie with this prefix only over TLS, for this host alone and for all of its paths. */
const cookieName = (request: Request): string =>
  request.secure ? `__Host-${SESSION_COOKIE}` : SESSION_COOKIE;

const options = (request: Request): CookieOptions => ({
  httpOnly: true,
  sameSite: 'strict',
  secure: request.secure,
  path: '/',
});

/**
 * Makes the sessions. The cookie names its key and its end, and is signed together with the key's hash: it is good for
 * nothing without the key, and without the secret of the application.
 */
export function createSessions(deps: { secrets: Secrets; keys: KeyDirectory; ttlMs: number }): Sessions {
  const sign = (key: UsableKey, endsAt: string): string =>
    deps.secrets.sessionMac(`${key.id}.${endsAt}.${key.secretHash}`);
  return {
    start(request, response, key) {
      const endsAt = Math.min(Date.now() + deps.ttlMs, key.expiresAt?.getTime() ?? Infinity);
      response.cookie(cookieName(request), `${key.id}.${endsAt}.${sign(key, String(endsAt))}`, {
        ...options(request),
        expires: new Date(endsAt),
      });
    },
    async keyOf(request) {
      const cookie = parseCookie(request.get('cookie') ?? '')[cookieName(request)];
      const [, id, endsAt, mac] = /^(\w{1,20})\.(\d{1,16})\.([\w-]{43})$/.exec(cookie ?? '') ?? [];
      if (id === undefined || endsAt === undefined || mac === undefined) return undefined;
      if (Number(endsAt) <= Date.now()) return undefined;
      const key = await deps.keys.find(id);
      return key && secretsEqual(mac, sign(key, endsAt)) ? key : undefined;
    },
    end(request, response) {
      response.clearCookie(cookieName(request), options(request));
    },
  };
}
