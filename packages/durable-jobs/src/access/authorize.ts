import type { Request, RequestHandler } from 'express';
import { allows, type Role } from '../http/roles.ts';
import { Problem } from '../http/problem.ts';
import { callerOf } from '../http/caller.ts';

/** Accepts requests whose key has the required role. */
export function authorize(roleFor: (request: Request) => Role): RequestHandler {
  return (request, _response, next) => {
    const needed = roleFor(request);
    const { role } = callerOf(request);
    if (!allows(role, needed)) {
      throw new Problem(
        'forbidden',
        `This request requires a key with the role ${needed}; this key has the role ${role}.`,
      );
    }
    next();
  };
}
