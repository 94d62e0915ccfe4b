import type { Express, IRoute, Request, RequestHandler } from 'express';
import type { Role } from '../roles.ts';
import { Problem } from '../problem.ts';
import { noteRoute } from './matched-route.ts';
import type { Method, Route, Routes } from './routes.ts';

/** Creates the handlers that only let requests pass whose caller has the role that they need. */
export type Guard = (roleFor: (request: Request) => Role) => RequestHandler[];

/** What requests pass before the handlers of their route. */
export interface Passing {
  /** For routes that are not public. It comes first, so that nothing is read of a request that is refused. */
  guard?: Guard;
  /** For every route, after the guard: parsers and limits. */
  before?: readonly RequestHandler[];
}

const reading: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** The role that a request needs which no route takes: it may be an attempt at a write all the same. */
export function roleByMethod({ method }: Pick<Request, 'method'>): Role {
  return reading.has(method) ? 'viewer' : 'operator';
}

const served = new WeakSet<IRoute>();

/**
 * Serves routes, each behind the guard for its role, and answers 405 with `Allow` if one of their paths is requested with a method that it
 * does not take. The guard runs in the very route that the router has matched, so that there is no second reading of a path that could
 * differ from the router's.
 */
export function serveRoutes(app: Express, { all }: Routes, { guard, before = [] }: Passing = {}): void {
  const guarding = (isPublic: boolean, roleFor: (request: Request) => Role): RequestHandler[] => {
    if (isPublic) return [];
    if (!guard) throw new Error('routes that require a role are served without a guard');
    return guard(roleFor);
  };
  for (const { method, path, access, handlers } of all) {
    const route = declareRoute(app, path);
    route[method](
      noting(path, method.toUpperCase()),
      ...guarding(access === 'public', () => access as Role),
      ...before,
      ...handlers,
    );
  }
  for (const [path, routes] of byPath(all)) {
    const isPublic = routes.every(({ access }) => access === 'public');
    declareRoute(app, path).all(
      noting(path),
      ...guarding(isPublic, roleByMethod),
      refuseMethod(routes.map(({ method }) => method)),
    );
  }
}

/**
 * Makes sure that `serveRoutes` has declared every route of an application. A route that was added in another way has no
 * guard: the application must not start with it.
 * @throws an error that names it.
 */
export function requireServedRoutes(app: Express): void {
  for (const layer of app.router.stack) {
    if (layer.route ? !served.has(layer.route) : 'stack' in layer.handle) {
      throw new Error(
        `${layer.route?.path ?? layer.name} is not declared with Routes, so it would have no guard`,
      );
    }
  }
}

function declareRoute(app: Express, path: string): IRoute {
  const route = app.route(path);
  served.add(route);
  return route;
}

function noting(path: string, method?: string): RequestHandler {
  return (request, _response, next) => {
    noteRoute(request, { method: method ?? request.method, path });
    next();
  };
}

function byPath(routes: readonly Route[]): Map<string, Route[]> {
  const paths = new Map<string, Route[]>();
  for (const route of routes) paths.set(route.path, [...(paths.get(route.path) ?? []), route]);
  return paths;
}

function refuseMethod(methods: readonly Method[]): RequestHandler {
  const known = methods.map((method) => method.toUpperCase());
  const allow = [...new Set([...known, ...(known.includes('GET') ? ['HEAD'] : [])])].toSorted().join(', ');
  return (request) => {
    throw new Problem('methodNotAllowed', `${request.method} is not supported here; use ${allow}.`, {
      headers: { Allow: allow },
    });
  };
}
