import express, { type Response } from 'express';
import { z } from 'zod';
import { readSession, type Access } from './authenticate.ts';
import { localKeyOf } from './local-key.ts';
import { localPath } from './local-path.ts';
import { requireSameOrigin } from './same-origin.ts';
import { bodyWithin } from '../http/middleware/body-within.ts';
import { signedInPage, signInPage } from './sign-in-page.ts';
import { Problem } from '../http/problem.ts';
import { Routes } from '../http/routing/routes.ts';
import type { AuditTrail } from './audit.ts';
import type { ApiConfig } from '../config/config.ts';
import { linkTo } from '../http/mount.ts';

/** Larger than any key and path. */
const form = express.urlencoded({ extended: false, limit: '8kb', parameterLimit: 10 });

const signInBody = z.object({ key: z.string().trim().min(1).max(1_000), next: z.string().optional() });

/** Dependencies of the sign-in, in addition to those of the key and session checks. */
export interface SignInRoutesDeps {
  audit: AuditTrail;
  config: Pick<ApiConfig, 'BODY_TIMEOUT' | 'NODE_ENV' | 'API_HOST' | 'apiKey'>;
}

/** Routes of the sign-in: a browser gets a session for the key that its user enters. */
export function signInRoutes(
  { audit, config }: SignInRoutesDeps,
  { keys, sessions, lockout }: Access,
): Routes {
  const routes = new Routes();
  const show = (response: Response, status: number, page: string): void => {
    response.status(status).set('Cache-Control', 'no-store').type('html').send(page);
  };

  routes.get('/login', 'public', async (request, response) => {
    const next = localPath(request.query.next);
    const localKey = localKeyOf(config, request);
    const session = await readSession({ sessions, lockout }, request, response);
    show(response, 200, session ? signedInPage({ ...session.key, next }) : signInPage({ next, localKey }));
  });

  routes.post('/login', 'public', bodyWithin(config.BODY_TIMEOUT, form), async (request, response) => {
    requireSameOrigin(request);
    const body = signInBody.safeParse(request.body ?? {});
    const next = localPath(body.data?.next);
    const localKey = localKeyOf(config, request);
    try {
      const key = await lockout.attempt(request, async (failed) => {
        const found = body.data && (await keys.verify(body.data.key));
        if (!found) await failed();
        return found;
      });
      if (!key) {
        show(
          response,
          401,
          signInPage({ next, localKey, problem: 'The key does not exist or has expired.' }),
        );
        return;
      }
      await audit.begin(request, response, { keyId: key.id, keyName: key.name });
      sessions.start(request, response, key);
      response.set('Cache-Control', 'no-store').redirect(303, next);
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 429) throw error;
      response.set(error.headers);
      show(
        response,
        429,
        signInPage({ next, localKey, problem: `${error.detail} Please try again in a minute.` }),
      );
    }
  });

  routes.post('/logout', 'public', (request, response) => {
    requireSameOrigin(request);
    sessions.end(request, response);
    response.set('Cache-Control', 'no-store').redirect(303, linkTo('/login'));
  });

  return routes;
}
