import { z } from 'zod';
import { json, type ResourceDocs } from '../http/openapi/describe.ts';
import { apiKeyJson, type ApiKeyView } from './key-json.ts';
import { keyParams } from './key-routes.ts';

const example: ApiKeyView = {
  id: '5f0c2f1e6c1b',
  name: 'Ada',
  role: 'operator',
  state: 'valid',
  createdAt: '2026-03-02T09:00:00.000Z',
  lastUsedAt: '2026-03-02T09:16:00.000Z',
  expiresAt: null,
  revokedAt: null,
  links: { audit: '/api/audit?who=5f0c2f1e6c1b' },
};

/** API description of API keys. */
export const keyDocs: ResourceDocs = {
  name: 'API keys',
  description: 'Who has access. Keys are created with the command `durable-jobs keys create`.',
  routes: {
    'GET /api/keys': {
      id: 'listApiKeys',
      summary: 'List the API keys, newest first',
      description:
        'Revoked and expired keys are listed too. The key of the environment is not in the database.',
      answers: {
        200: json('The keys, without their secrets.', z.strictObject({ items: z.array(apiKeyJson) }), {
          items: [example],
        }),
      },
    },
    'POST /api/keys/:id/revoke': {
      id: 'revokeApiKey',
      summary: 'Revoke an API key',
      description:
        'The key, and browser sessions that represent it, are refused within five seconds. A key that is already revoked keeps its time of revocation.',
      params: keyParams,
      answers: {
        200: json('The revoked key.', apiKeyJson, {
          ...example,
          state: 'revoked',
          revokedAt: '2026-03-02T09:20:00.000Z',
        }),
      },
      problems: ['notFound'],
    },
  },
};
