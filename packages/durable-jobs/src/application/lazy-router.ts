import type { RequestHandler } from 'express';

/** What serves requests below a mount path, once it is loaded. */
export interface LoadedRouter {
  router: RequestHandler;
}

/**
 * Creates a handler that passes requests to a router which is still being loaded; until it is, requests wait. If it can't be
 * loaded, they are passed on with the error.
 */
export function lazyRouter(loading: Promise<LoadedRouter>): RequestHandler {
  let loaded: LoadedRouter | undefined;
  return (request, response, next) => {
    if (loaded) {
      void loaded.router(request, response, next);
      return;
    }
    loading.then((ready) => {
      loaded = ready;
      return ready.router(request, response, next);
    }, next);
  };
}
