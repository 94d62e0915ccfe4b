import { pageJson } from '../http/json.ts';
import { json, jsonBody, jsonOrPage, type ResourceDocs } from '../http/openapi/describe.ts';
import { newKeyBody } from './create-key.ts';
import { apiKeyJson, newApiKeyJson, type ApiKeyView } from './key-json.ts';
import { keyParams, keysQuery } from './key-routes.ts';

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
  description: 'Who has access. The command `durable-jobs keys create` creates keys, too.',
  routes: {
    'GET /api/keys': {
      id: 'listApiKeys',
      summary: 'List the API keys, newest first',
      description:
        'Revoked and expired keys are listed too. The key of the environment is not in the database.',
      query: keysQuery,
      answers: {
        200: jsonOrPage('A page of keys, without their secrets.', pageJson(apiKeyJson), {
          items: [example],
          nextCursor: null,
        }),
      },
    },
    'POST /api/keys': {
      id: 'createApiKey',
      summary: 'Create an API key',
      description:
        'The response contains the key, this once: only its hash is stored. A key cannot allow more than the key that creates it, or for longer.',
      body: jsonBody(newKeyBody, { name: 'Ada', role: 'operator', expiresIn: '90d' }),
      answers: {
        201: json(
          'The new key.',
          newApiKeyJson,
          {
            ...example,
            lastUsedAt: null,
            expiresAt: '2026-05-31T09:00:00.000Z',
            key: 'djk_5f0c2f1e6c1b_<43 letters, digits, dashes and underscores>',
          },
          { 'Cache-Control': '`no-store`.' },
        ),
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
