import type { Router } from 'express';
import { Problem } from '../problem.ts';

/** Makes a router answer 405, with what it does take in `Allow`, where one of its paths is asked with another method. */
export function refuseOtherMethods(router: Router): Router {
  const methods = new Map<string, Set<string>>();
  for (const { route } of router.stack) {
    if (!route) continue;
    const known = methods.get(route.path) ?? new Set();
    for (const { method } of route.stack) if (method) known.add(method.toUpperCase());
    methods.set(route.path, known);
  }
  for (const [path, known] of methods) {
    const allow = [...known, ...(known.has('GET') ? ['HEAD'] : [])].toSorted().join(', ');
    router.all(path, (request) => {
      throw new Problem('methodNotAllowed', `${request.method} is not possible here; ${allow} is.`, {
        headers: { Allow: allow },
      });
    });
  }
  return router;
}
