import type { Express, IRoute, Request, RequestHandler } from 'express';
import type { Role } from '../roles.ts';
import { Problem } from '../problem.ts';
import { noteRoute } from './matched-route.ts';
import type { Method, Route, Routes } from './routes.ts';

/** Creates the handlers that only let requests pass whose caller has the required role. */
export type Guard = (roleFor: (request: Request) => Role) => RequestHandler[];

/** Handlers before those of a route. */
export interface Passing {
  /** For routes that are not public. It comes first, so that nothing of a refused request is read. */
  guard?: Guard;
  /** For every route, after the guard: parsers and limits. */
  before?: readonly RequestHandler[];
}

const reading: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Returns the role that a request requires if no route matches it: it may be an attempt to change something. */
export function roleByMethod({ method }: Pick<Request, 'method'>): Role {
  return reading.has(method) ? 'viewer' : 'operator';
}

const served = new WeakSet<IRoute>();

/**
 * Serves routes, each behind the guard for its role, and responds with 405 and `Allow` if one of their paths is requested with another
 * method. The guard runs in the route that the router has matched, so that the path is not interpreted a second time, possibly in a
 * different way.
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
 * Checks that `serveRoutes` has declared every route of an application. A route that was added in another way has no guard, so the
 * application must not start.
 * @throws an error that names the route.
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
