import type { Request, RequestHandler, Response } from 'express';
import { Problem } from '../http/problem.ts';
import { setCaller, type Caller } from '../http/caller.ts';
import { ENVIRONMENT_KEY_ID, type KeyDirectory, type UsableKey } from './key-directory.ts';
import type { Lockout } from './lockout.ts';
import { requireSameOrigin } from './same-origin.ts';
import type { Session, Sessions } from './sessions.ts';
import { linkTo } from '../http/mount.ts';

/** What tells who sent a request. */
export interface Access {
  keys: KeyDirectory;
  sessions: Sessions;
  lockout: Lockout;
}

/** Pages of another origin that are trusted as our own are. */
export interface TrustedOrigin {
  origin: string;
  /** Whether they need no session: where the key is the local one, which everybody on this machine knows. */
  withoutSession: boolean;
}

/**
 * The session of a request, or undefined. A cookie that was made up is a failure like a wrong key.
 * @throws {Problem} `tooManyRequests` for an address that is locked out and sends one.
 */
export async function readSession(
  { sessions, lockout }: Pick<Access, 'sessions' | 'lockout'>,
  request: Request,
  response: Response,
): Promise<Session | undefined> {
  const session = await sessions.read(request);
  if (session !== 'forged') return session;
  // One that was signed before the secret changed would lock its browser out, which sends it with everything.
  sessions.end(request, response);
  await lockout.attempt(request, (failed) => failed());
  return undefined;
}

/**
 * Lets requests pass that carry `Authorization: Bearer <key>` or the session of a browser that is signed in. A person who
 * opens a page without either is led to the sign-in page. A session changes something from pages of this service alone, and
 * those that are trusted.
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
      // It waits for nobody: it is what an operator has while the database is away.
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
        if (!isForAPage(request)) throw unauthorized();
        response.set('Cache-Control', 'no-store');
        response.redirect(linkTo(`/login?next=${encodeURIComponent(request.originalUrl)}`));
        return;
      }
      if (!isSafe(request) && !isTrusted) requireSameOrigin(request);
      const isStillValid = async (): Promise<boolean> =>
        session === undefined || typeof (await sessions.read(request)) === 'object';
      setCaller(request, { ...nameOf(key), via: 'session', isStillValid });
    }
    // No cache on the way may keep what one caller was shown, and a browser asks again after the sign-out.
    response.set('Cache-Control', 'private, no-cache');
    next();
  };
}

function nameOf({ id, name, role }: UsableKey): Pick<Caller, 'keyId' | 'keyName' | 'role'> {
  return { keyId: id, keyName: name, role };
}

/** Whether a person opens it in a browser, rather than a program that takes anything. */
function isForAPage(request: Request): boolean {
  return isSafe(request) && request.accepts(['application/json', 'text/html']) === 'text/html';
}

function isSafe(request: Request): boolean {
  return request.method === 'GET' || request.method === 'HEAD';
}

/** Refuses a request without a valid key. */
export function unauthorized(): Problem {
  return new Problem('unauthorized', 'Send a valid key as `Authorization: Bearer <key>`.', {
    headers: { 'WWW-Authenticate': 'Bearer' },
  });
}
