import { parseCookie } from 'cookie';
import type { CookieOptions, Request, Response } from 'express';
import { secretsEqual, type Secrets } from '../process/secrets.ts';
import type { KeyDirectory, UsableKey } from './key-directory.ts';
import { SESSION_COOKIE } from '../http/session-cookie.ts';
import { mountPath } from '../http/mount.ts';

/** A session that is valid. */
export interface Session {
  key: UsableKey;
  endsAt: Date;
}

/** Sessions of browsers: a cookie that stands for a key, for some hours, and ends with it. Nothing is stored for one. */
export interface Sessions {
  /** Signs a browser in. */
  start: (request: Request, response: Response, key: UsableKey) => void;
  /** The session that a request's cookie stands for; 'forged' where nobody here has signed it, undefined without a valid one. */
  read: (request: Request) => Promise<Session | 'forged' | undefined>;
  /** Takes the cookie away. */
  end: (request: Request, response: Response) => void;
}

/**
 * Browsers take a cookie with these prefixes only over TLS, and with the first of them for this host alone and for all of its paths:
 * where the routes are mounted below one, the cookie is for that.
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

/** `<key id>.<end>.<bond with the key>.<signature>`. */
const format = /^(\w{1,20})\.(\d{1,16})\.([\w-]{43})\.([\w-]{43})$/;

/**
 * Makes the sessions. The cookie names its key and its end, is bound to the key's hash, and all of that is signed with the
 * secret of the application. A cookie that was made up is known by its signature, before any key is looked up for it.
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
