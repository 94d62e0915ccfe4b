import { parseCookie } from 'cookie';
import type { CookieOptions, Request, Response } from 'express';
import { secretsEqual, type Secrets } from '../process/secrets.ts';
import type { KeyDirectory, UsableKey } from './key-directory.ts';
import { SESSION_COOKIE } from '../http/session-cookie.ts';
import { mountPath } from '../http/mount.ts';

/** A valid session. */
export interface Session {
  key: UsableKey;
  endsAt: Date;
}

/** Browser sessions: a cookie that stands for an API key for some hours and becomes invalid with it. Nothing is stored on the server. */
export interface Sessions {
  /** Signs a browser in. */
  start: (request: Request, response: Response, key: UsableKey) => void;
  /** Returns the session of a request's cookie, 'forged' if this service did not sign the cookie, or undefined if there is no valid one. */
  read: (request: Request) => Promise<Session | 'forged' | undefined>;
  /** Deletes the cookie. */
  end: (request: Request, response: Response) => void;
}

/**
 * Browsers accept cookies with these prefixes only over TLS, and `__Host-` only for this host and all its paths. If the routes are mounted
 * below a path, the cookie is limited to that path.
 */
const cookieName = (request: Request): string => {
  if (!request.secure) return SESSION_COOKIE;
  return `${mountPath() === '' ? '__Host' : '__Secure'}-${SESSION_COOKIE}`;
};

const options = (request: Request): CookieOptions => ({
  httpOnly: true,
  sameSite: 'strict',
  secure: request.secure,
  path: mountPath() || '/',
});

/** `<key id>.<expiry>.<binding to the key>.<signature>`. */
const format = /^(\w{1,20})\.(\d{1,16})\.([\w-]{43})\.([\w-]{43})$/;

/**
 * Creates the sessions. The cookie contains its key's id and its expiry, is bound to the key's hash, and is signed with the application's
 * secret. The signature reveals a forged cookie before any key is looked up.
 */
export function createSessions(deps: { secrets: Secrets; keys: KeyDirectory; ttlMs: number }): Sessions {
  const bondWith = (key: UsableKey, endsAt: string): string =>
    deps.secrets.sessionMac(`bond.${key.id}.${endsAt}.${key.secretHash}`);
  const sign = (id: string, endsAt: string, bond: string): string =>
    deps.secrets.sessionMac(`${id}.${endsAt}.${bond}`);
  return {
    start(request, response, key) {
      const endsAt = Math.min(Date.now() + deps.ttlMs, key.expiresAt?.getTime() ?? Infinity);
      const bond = bondWith(key, String(endsAt));
      const value = `${key.id}.${endsAt}.${bond}.${sign(key.id, String(endsAt), bond)}`;
      response.cookie(cookieName(request), value, { ...options(request), expires: new Date(endsAt) });
    },
    async read(request) {
      const cookie = parseCookie(request.get('cookie') ?? '')[cookieName(request)];
      const [, id, endsAt, bond, mac] = format.exec(cookie ?? '') ?? [];
      if (id === undefined || endsAt === undefined || bond === undefined || mac === undefined)
        return undefined;
      if (!secretsEqual(mac, sign(id, endsAt, bond))) return 'forged';
      if (Number(endsAt) <= Date.now()) return undefined;
      const key = await deps.keys.findSigned(id);
      return key && secretsEqual(bond, bondWith(key, endsAt))
        ? { key, endsAt: new Date(Number(endsAt)) }
        : undefined;
    },
    end(request, response) {
      response.clearCookie(cookieName(request), options(request));
    },
  };
}
