import { AsyncLocalStorage } from 'node:async_hooks';
import type { RequestHandler } from 'express';

const storage = new AsyncLocalStorage<string>();

/** Lets all that a request does find the path that its application is mounted under, see {@link mountPath}. */
export const noteMount: RequestHandler = ({ baseUrl }, _response, next) => {
  if (baseUrl === '') next();
  else storage.run(baseUrl, next);
};

/** The path that the routes are mounted under in the application around them, such as `/ops`; empty if that is `/`. */
export function mountPath(): string {
  return storage.getStore() ?? '';
}

/** The path at which a client finds one of our paths: `/api/jobs` is at `/ops/api/jobs` if the routes are mounted at `/ops`. */
export function linkTo(path: string): string {
  return mountPath() + path;
}
