import type { Request, RequestHandler } from 'express';
import { Problem } from '../problem.ts';
import { setCaller, type Caller } from './caller.ts';
import { ENVIRONMENT_KEY_ID, type KeyDirectory, type UsableKey } from './key-directory.ts';
import type { Lockout } from './lockout.ts';
import { requireSameOrigin } from './same-origin.ts';
import type { Sessions } from './sessions.ts';

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
 * Lets requests pass that carry `Authorization: Bearer <key>` or the session of a browser that is signed in. A person who
 * opens a page without either is led to the sign-in page. A session changes something from pages of this service alone, and
 * those that are trusted.
 */
export function authenticate({ keys, sessions, lockout }: Access, trusted?: TrustedOrigin): RequestHandler {
  return async (request, response, next) => {
    const given = request.get('authorization');
    if (given !== undefined && given !== '') {
      await lockout.check(request);
      const [, text = ''] = /^Bearer +(\S+) *$/i.exec(given) ?? [];
      const key = await keys.verify(text);
      if (!key) {
        await lockout.failed(request);
        throw unauthorized();
      }
      setCaller(request, toCaller(key, 'key'));
    } else {
      const isTrusted = trusted !== undefined && request.get('origin') === trusted.origin;
      const key =
        (await sessions.keyOf(request)) ??
        (isTrusted && trusted.withoutSession ? await keys.find(ENVIRONMENT_KEY_ID) : undefined);
      if (!key) {
        if (!isForAPage(request)) throw unauthorized();
        response.set('Cache-Control', 'no-store');
        response.redirect(`/login?next=${encodeURIComponent(request.originalUrl)}`);
        return;
      }
      if (!isSafe(request) && !isTrusted) requireSameOrigin(request);
      setCaller(request, toCaller(key, 'session'));
    }
    // No cache on the way may keep what one caller was shown, and a browser asks again after the sign-out.
    response.set('Cache-Control', 'private, no-cache');
    next();
  };
}

function toCaller({ id, name, role }: UsableKey, via: Caller['via']): Caller {
  return { keyId: id, keyName: name, role, via };
}

/** Whether a person opens it in a browser, rather than a program that takes anything. */
function isForAPage(request: Request): boolean {
  return isSafe(request) && request.accepts(['application/json', 'text/html']) === 'text/html';
}

function isSafe(request: Request): boolean {
  return request.method === 'GET' || request.method === 'HEAD';
}

function unauthorized(): Problem {
  return new Problem('unauthorized', 'Send a valid key as `Authorization: Bearer <key>`.', {
    headers: { 'WWW-Authenticate': 'Bearer' },
  });
}
