import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import express, { type Express, type Request, type Response, type Router } from 'express';
import { Problem } from '../http/problem.ts';

/** An HTTP application that is mounted as a router of another one. */
export interface MountedRouter {
  router: Router;
  /** Makes the router answer further requests with 503. */
  refuse: () => void;
  /** Resolves when no request is open, or after `graceMs`. */
  drain: (graceMs: number) => Promise<void>;
}

/**
 * Creates a router that passes every request below its mount path to an HTTP application. `onFirst` is called with the first request. If
 * the mounted application does not configure trusted proxies, it trusts those of the surrounding application.
 */
export function mountRouter(
  app: Express,
  { trustsProxies, onFirst }: { trustsProxies: boolean; onFirst: () => void },
): MountedRouter {
  const underWay = new Set<Response>();
  let isRefusing = false;
  let hasBegun = false;
  const begin = (around: Request['app']): void => {
    hasBegun = true;
    if (!trustsProxies) app.set('trust proxy', around.get('trust proxy fn'));
    onFirst();
  };
  const router = express.Router();
  router.use((request, response) => {
    if (isRefusing) {
      answerStopping(request.originalUrl, response);
      return;
    }
    if (!hasBegun) begin(request.app);
    underWay.add(response);
    response.once('close', () => underWay.delete(response));
    // Without `next`: the mounted application also answers unknown paths itself.
    app(request, response);
  });
  return {
    router,
    refuse: () => {
      isRefusing = true;
    },
    async drain(graceMs) {
      const signal = AbortSignal.timeout(graceMs);
      await Promise.all([...underWay].map((response) => once(response, 'close', { signal }))).catch(
        (error: unknown) => {
          if (!signal.aborted) throw error;
        },
      );
    },
  };
}

function answerStopping(url: string, response: Response): void {
  const problem = new Problem('engineUnavailable', 'The service is stopping.');
  response
    .status(problem.status)
    .set({ Connection: 'close', 'Retry-After': '5' })
    .type('application/problem+json')
    .send(JSON.stringify(problem.toJSON(url, randomUUID())));
}
