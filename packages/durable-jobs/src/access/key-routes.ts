import { z } from 'zod';
import type { Db } from '../database/connect.ts';
import { sendJsonOrPage } from '../http/pages.ts';
import { notFound } from '../http/problem.ts';
import { Routes } from '../http/routing/routes.ts';
import { parseParams } from '../http/validate.ts';
import { listApiKeys, revokeApiKey } from './api-keys.ts';
import { presentApiKey } from './key-json.ts';
import { keyListPage } from './key-page.ts';

/** Path of a key. */
export const keyParams = z.object({ id: z.string().regex(/^[0-9a-f]{12}$/, 'must be the id of a key') });

/** Routes of API keys: who has one, and revoking it. Keys are created by a command, so that no request returns a secret. */
export function keyRoutes({ db }: { db: Db }): Routes {
  const routes = new Routes('/api/keys');

  routes.get('/', 'viewer', async (request, response) => {
    const now = new Date();
    const items = (await listApiKeys(db)).map((key) => presentApiKey(key, now));
    sendJsonOrPage(request, response, {
      json: { items },
      page: () => keyListPage(items),
    });
  });

  routes.post('/:id/revoke', 'operator', async (request, response) => {
    const { id } = parseParams(request, keyParams);
    const key = await revokeApiKey(db, id);
    if (!key) throw notFound(`API key ${id}`);
    response.json(presentApiKey(key, new Date()));
  });

  return routes;
}
