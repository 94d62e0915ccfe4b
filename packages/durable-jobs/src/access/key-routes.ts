import { z } from 'zod';
import type { Db } from '../database/connect.ts';
import { callerOf } from '../http/caller.ts';
import { presentPage, timePageQueryOf } from '../http/cursor.ts';
import { sendJsonOrPage } from '../http/pages.ts';
import { notFound } from '../http/problem.ts';
import { Routes } from '../http/routing/routes.ts';
import { parseBody, parseParams, parseQuery } from '../http/validate.ts';
import { listApiKeys, revokeApiKey } from './api-keys.ts';
import { nameInAudit } from './audit-params.ts';
import { createKey, newKeyBody } from './create-key.ts';
import { presentApiKey } from './key-json.ts';
import { keyListPage } from './key-page.ts';

const keyId = z.string().regex(/^[0-9a-f]{12}$/, 'must be the id of a key');

/** Path of a key. */
export const keyParams = z.object({ id: keyId });

/** Query of the list. */
export const keysQuery = timePageQueryOf(keyId);

/** Routes of API keys: who has one, creating one, which is the only response that contains its text, and revoking one. */
export function keyRoutes({ db }: { db: Db }): Routes {
  const routes = new Routes('/api/keys');

  routes.get('/', 'viewer', async (request, response) => {
    const { limit, cursor } = parseQuery(request, keysQuery);
    const now = new Date();
    const json = presentPage(await listApiKeys(db, { limit, after: cursor }), (key) =>
      presentApiKey(key, now),
    );
    sendJsonOrPage(request, response, {
      json,
      page: (query) => keyListPage(query, json),
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
