import { AsyncLocalStorage } from 'node:async_hooks';
import type { Request, RequestHandler } from 'express';

interface Mount {
  /** What a proxy has removed from the path of the request. */
  removed: string;
  /** The path that clients put in front of ours. */
  path: string;
}

const storage = new AsyncLocalStorage<Mount>();

/**
 * Makes the mount path available to everything that a request does, see {@link mountPath}. `removed` is the path that a proxy removes
 * before it forwards a request, such as `/ops`; empty without one.
 */
export function noteMount(removed: string): RequestHandler {
  return ({ baseUrl }, _response, next) => {
    const path = removed + baseUrl;
    if (path === '') next();
    else storage.run({ removed, path }, next);
  };
}

/**
 * Returns the path under which clients find the routes, such as `/ops`: the path that a proxy removes, followed by the path under which the
 * surrounding application has mounted them. Empty if that is `/`.
 */
export function mountPath(): string {
  return storage.getStore()?.path ?? '';
}

/** Returns the path at which a client finds one of our paths: `/api/jobs` is at `/ops/api/jobs` if the routes are mounted at `/ops`. */
export function linkTo(path: string): string {
  return mountPath() + path;
}

/** Returns the path and query that the client has requested, including what a proxy has removed. */
export function requestedPath({ originalUrl }: Pick<Request, 'originalUrl'>): string {
  return (storage.getStore()?.removed ?? '') + originalUrl;
}
