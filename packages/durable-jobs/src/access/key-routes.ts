import { z } from 'zod';
import type { Db } from '../database/connect.ts';
import { callerOf } from '../http/caller.ts';
import { sendJsonOrPage } from '../http/pages.ts';
import { notFound } from '../http/problem.ts';
import { Routes } from '../http/routing/routes.ts';
import { parseBody, parseParams } from '../http/validate.ts';
import { listApiKeys, revokeApiKey } from './api-keys.ts';
import { nameInAudit } from './audit-params.ts';
import { createKey, newKeyBody } from './create-key.ts';
import { presentApiKey } from './key-json.ts';
import { keyListPage } from './key-page.ts';

/** Path of a key. */
export const keyParams = z.object({ id: z.string().regex(/^[0-9a-f]{12}$/, 'must be the id of a key') });

/** Routes of API keys: who has one, creating one, which is the only response that contains its text, and revoking one. */
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

  routes.post('/', 'operator', async (request, response) => {
    const { key, listed } = await createKey(db, parseBody(request, newKeyBody), callerOf(request));
    const { id, name, role } = listed;
    nameInAudit(response, { id, name, role });
    response.set('Cache-Control', 'no-store');
    response.status(201).json({ ...presentApiKey(listed, new Date()), key });
  });

  routes.post('/:id/revoke', 'operator', async (request, response) => {
    const { id } = parseParams(request, keyParams);
    const key = await revokeApiKey(db, id);
    if (!key) throw notFound(`API key ${id}`);
    response.json(presentApiKey(key, new Date()));
  });

  return routes;
}
