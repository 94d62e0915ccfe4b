import type { Request } from 'express';
import type { Role } from './roles.ts';

/** Who sent a request: the key that it carries, or that its browser session stands for. */
export interface Caller {
  keyId: string;
  keyName: string;
  role: Role;
  /** A browser sends its session by itself, whichever page asks it to; a key is sent by whoever knows it. */
  via: 'key' | 'session';
  /** Whether that is valid still: answers that last are checked again. */
  isStillValid: () => Promise<boolean>;
}

const callers = new WeakMap<Request, Caller>();

/** Records who sent a request. */
export function setCaller(request: Request, caller: Caller): void {
  callers.set(request, caller);
}

/** Who sent a request; undefined on a public route, if nobody is asked. */
export function findCaller(request: Request): Caller | undefined {
  return callers.get(request);
}

/** Who sent a request that has passed the authentication. */
export function callerOf(request: Request): Caller {
  const caller = callers.get(request);
  if (!caller) throw new Error(`${request.path} is served without authentication`);
  return caller;
}
