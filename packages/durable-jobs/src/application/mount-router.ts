import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import express, { type Express, type Request, type Response, type Router } from 'express';
import { Problem } from '../http/problem.ts';

/** An HTTP application as a router of another one. */
export interface MountedRouter {
  router: Router;
  /** Answers 503 to requests that come from now on. */
  refuse: () => void;
  /** Resolves when no request is under way any more, or after `graceMs`. */
  drain: (graceMs: number) => Promise<void>;
}

/**
 * Makes a router of an HTTP application that answers every request below the path that it is mounted under. `onFirst` is called
 * with the first request. Where the application does not say itself which proxies it trusts, it trusts those that the
 * application around it does.
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
    // Without a way back: what the application does not know, it answers itself.
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
