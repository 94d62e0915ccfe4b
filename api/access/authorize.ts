import type { Request, RequestHandler } from 'express';
import { allows, type Role } from '../../contracts/roles.ts';
import { Problem } from '../problem.ts';
import { callerOf } from './caller.ts';

/** Requests that need another role than their method says. Here, and nowhere else. */
const exceptions: readonly { method: string; path: RegExp; role: Role; because: string }[] = [
  {
    method: 'POST',
    path: /^\/api\/schedules\/preview\/?$/i,
    role: 'viewer',
    because: 'it computes, and changes nothing',
  },
  ...['GET', 'HEAD'].map((method) => ({
    method,
    path: /^\/api\/dead-letters\/[^/]+\/?$/i,
    role: 'operator' as const,
    because: 'the body of a message may hold personal data; who reads it is noted',
  })),
  ...['GET', 'HEAD'].map((method) => ({
    method,
    path: /^\/api\/orders\/[^/]+\/invoice\/?$/i,
    role: 'operator' as const,
    because: 'an invoice keeps the name and address of its customer, also of one who was erased',
  })),
  { method: 'POST', path: /^\/codec\/decode\/?$/i, role: 'viewer', because: 'it shows, and changes nothing' },
];

const reading: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** The role that a request needs: reading is for viewers, everything else for operators, but for the exceptions. */
export function roleFor(request: Pick<Request, 'method' | 'originalUrl'>): Role {
  const [path = ''] = request.originalUrl.split('?');
  const exception = exceptions.find((one) => one.method === request.method && one.path.test(path));
  return exception?.role ?? (reading.has(request.method) ? 'viewer' : 'operator');
}

/** Lets requests pass whose key has the role that they need. */
export const authorize: RequestHandler = (request, _response, next) => {
  const needed = roleFor(request);
  const { role } = callerOf(request);
  if (!allows(role, needed)) {
    throw new Problem('forbidden', `This needs a key with the role ${needed}; yours is a ${role}'s.`);
  }
  next();
};
