import type { Request, RequestHandler, Response } from 'express';
import { Problem } from '../http/problem.ts';
import { setCaller, type Caller } from '../http/caller.ts';
import { ENVIRONMENT_KEY_ID, type KeyDirectory, type UsableKey } from './key-directory.ts';
import type { Lockout } from './lockout.ts';
import { requireSameOrigin } from './same-origin.ts';
import type { Session, Sessions } from './sessions.ts';
import { linkTo, requestedPath } from '../http/mount.ts';
import { preferredType } from '../http/representation.ts';

/** What identifies the sender of a request. */
export interface Access {
  keys: KeyDirectory;
  sessions: Sessions;
  lockout: Lockout;
}

/** Pages of another origin that are trusted like our own. */
export interface TrustedOrigin {
  origin: string;
  /** Whether these pages need no session, because the API key is the local one, which everyone on this machine knows. */
  withoutSession: boolean;
}

/**
 * Returns the session of a request, or undefined. A forged cookie counts as a failed attempt, like a wrong key.
 * @throws {Problem} `tooManyRequests` if the address is locked out and sends a cookie.
 */
export async function readSession(
  { sessions, lockout }: Pick<Access, 'sessions' | 'lockout'>,
  request: Request,
  response: Response,
): Promise<Session | undefined> {
  const session = await sessions.read(request);
  if (session !== 'forged') return session;
  // A cookie that was signed before the secret changed would lock its browser out, because the browser sends it with every request.
  sessions.end(request, response);
  await lockout.attempt(request, (failed) => failed());
  return undefined;
}

/**
 * Accepts requests with `Authorization: Bearer <key>` or a browser's session. A person who opens a page without either is redirected to the
 * sign-in page. With a session, only pages of this service, and trusted ones, can change anything.
 */
export function authenticate(access: Access, trusted?: TrustedOrigin): RequestHandler {
  const { keys, sessions, lockout } = access;
  return async (request, response, next) => {
    const given = request.get('authorization');
    if (given !== undefined && given !== '') {
      const [, text = ''] = /^Bearer +(\S+) *$/i.exec(given) ?? [];
      const verify = (): Promise<UsableKey | undefined> =>
        lockout.attempt(request, async (failed) => {
          const found = await keys.verify(text);
          if (!found) await failed();
          return found;
        });
      await lockout.check(request);
      // The environment's key is checked without any wait: operators rely on it while the database is unavailable.
      const key = keys.verifyEnvironment(text) ?? (await verify());
      if (!key) throw unauthorized();
      const isStillValid = async (): Promise<boolean> => (await keys.verify(text)) !== undefined;
      setCaller(request, { ...nameOf(key), via: 'key', isStillValid });
    } else {
      const isTrusted = trusted !== undefined && request.get('origin') === trusted.origin;
      const session = await readSession(access, request, response);
      const key =
        session?.key ??
        (isTrusted && trusted.withoutSession ? await keys.findSigned(ENVIRONMENT_KEY_ID) : undefined);
      if (!key) {
        if (!isForAPage(request, response)) throw unauthorized();
        response.set('Cache-Control', 'no-store');
        response.redirect(linkTo(`/login?next=${encodeURIComponent(requestedPath(request))}`));
        return;
      }
      if (!isSafe(request) && !isTrusted) requireSameOrigin(request);
      const isStillValid = async (): Promise<boolean> =>
        session === undefined || typeof (await sessions.read(request)) === 'object';
      setCaller(request, { ...nameOf(key), via: 'session', isStillValid });
    }
    // Caches must not store what one caller was shown, and browsers must revalidate after a sign-out.
    response.set('Cache-Control', 'private, no-cache');
    next();
  };
}

function nameOf({
  id,
  name,
  role,
  expiresAt,
}: UsableKey): Pick<Caller, 'keyId' | 'keyName' | 'role' | 'keyExpiresAt'> {
  return { keyId: id, keyName: name, role, keyExpiresAt: expiresAt };
}

/** Whether a person opens the URL in a browser, as opposed to a program that accepts any type. */
function isForAPage(request: Request, response: Response): boolean {
  return (
    isSafe(request) && preferredType(request, response, ['application/json', 'text/html']) === 'text/html'
  );
}

function isSafe(request: Request): boolean {
  return request.method === 'GET' || request.method === 'HEAD';
}

/** The problem of a request without a valid key. */
export function unauthorized(): Problem {
  return new Problem('unauthorized', 'Send a valid key as `Authorization: Bearer <key>`.', {
    headers: { 'WWW-Authenticate': 'Bearer' },
  });
}
