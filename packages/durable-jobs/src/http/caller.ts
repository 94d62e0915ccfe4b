import type { Request } from 'express';
import { allows, type Role } from './roles.ts';

/** The sender of a request, identified by its key, or by the key that its browser session stands for. */
export interface Caller {
  keyId: string;
  keyName: string;
  role: Role;
  /** When its key expires; null if it does not. */
  keyExpiresAt: Date | null;
  /** A browser sends its session with every request, whichever page causes it; a key is sent deliberately. */
  via: 'key' | 'session';
  /** Whether the key or session is still valid, which long responses check repeatedly. */
  isStillValid: () => Promise<boolean>;
}

const callers = new WeakMap<Request, Caller>();

/** Records who sent a request. */
export function setCaller(request: Request, caller: Caller): void {
  callers.set(request, caller);
}

/** Returns the sender of a request; undefined on a public route, which does not check it. */
export function findCaller(request: Request): Caller | undefined {
  return callers.get(request);
}

/**
 * Returns the sender of a request that was authenticated.
 * @throws if it was not.
 */
export function callerOf(request: Request): Caller {
  const caller = callers.get(request);
  if (!caller) throw new Error(`${request.path} is served without authentication`);
  return caller;
}

/** Whether the sender of a request may change something, and read what only operators may. */
export function isOperator(request: Request): boolean {
  return allows(callerOf(request).role, 'operator');
}
