import { AsyncLocalStorage } from 'node:async_hooks';
import type { RequestHandler } from 'express';

const storage = new AsyncLocalStorage<string>();

/** Makes the mount path available to everything that a request does, see {@link mountPath}. */
export const noteMount: RequestHandler = ({ baseUrl }, _response, next) => {
  if (baseUrl === '') next();
  else storage.run(baseUrl, next);
};

/** Returns the path under which the surrounding application has mounted the routes, such as `/ops`; empty if that is `/`. */
export function mountPath(): string {
  return storage.getStore() ?? '';
}

/** Returns the path at which a client finds one of our paths: `/api/jobs` is at `/ops/api/jobs` if the routes are mounted at `/ops`. */
export function linkTo(path: string): string {
  return mountPath() + path;
}
