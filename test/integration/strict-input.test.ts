import { sql } from 'kysely';
import { beforeAll, describe, expect, it } from 'vitest';
import { apiDescription } from '../../api/openapi/description.ts';
import { resources } from '../../api/openapi/resources.ts';
import { LOCAL_API_KEY } from '../../packages/durable-jobs/src/config/config.ts';
import { createApiDocument } from '../../packages/durable-jobs/src/http/openapi/document.ts';
import { pathOf } from '../support/routes.ts';
import { sendRaw } from '../support/raw-request.ts';
import { useService } from '../support/service.ts';

const service = useService({ workers: false });

const { paths: described } = createApiDocument(apiDescription);

/** The names of the parameters of a route's query. */
function parametersOf(method: string, template: string): string[] {
  const path = described?.[template.replace(/:(\w+)/g, '{$1}')];
  const parameters = path?.[method.toLowerCase() as 'get']?.parameters ?? [];
  return parameters.flatMap((parameter) =>
    'in' in parameter && parameter.in === 'query' ? [parameter.name] : [],
  );
}

/** Every described route of the API, with an example of its body. */
const routes = resources
  .flatMap(({ routes: described }) => Object.entries(described))
  .filter(([route]) => route.includes(' /api/'))
  .map(([route, { body }]) => {
    const [method = '', template = ''] = route.split(' ');
    return {
      route,
      method,
      template,
      path: pathOf(template),
      body: body?.content['application/json']?.example,
      parameters: parametersOf(method, template),
    };
  });

const UNKNOWN = 'unknownField';

const paths = ({ body }: { body: unknown }): string[] =>
  ((body as { errors?: { path: string }[] } | undefined)?.errors ?? []).map(({ path }) => path);

describe('unknown fields and parameters', () => {
  it.each(routes)('is refused in the query of $route', async ({ method, path, body }) => {
    const answer = await service.request(method, `${path}?${UNKNOWN}=1`, body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    expect(paths(answer)).toContain(UNKNOWN);
  });

  it.each(routes.filter(({ method, route }) => method !== 'GET' && route !== 'POST /api/bulk-jobs'))(
    'is refused in the body of $route',
    async ({ method, path, body }) => {
      const answer = await service.request(method, path, { ...(body as object | undefined), [UNKNOWN]: 1 });
      expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
      expect(paths(answer)).toContain(UNKNOWN);
    },
  );

  it('is refused if a bulk job with a query also has items', async () => {
    const answer = await service.request('POST', '/api/bulk-jobs?task=reprice-orders&query=open-orders', [
      { orderId: 'x' },
    ]);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ path: 'body' }] } });
  });
});

describe('input that tries to be code', () => {
  /** What a body lists. A body without exactly one list says nothing about what was found. */
  const list = (body: unknown): unknown[] => {
    const lists = Object.values(body ?? {}).filter((value) => Array.isArray(value));
    expect(lists, JSON.stringify(body)).toHaveLength(1);
    return lists.flat();
  };

  beforeAll(async () => {
    // Something in each list that the requests below may not find.
    for (const { method, path, body } of routes)
      if (method === 'POST') await service.request(method, path, body);
  });

  it.each(routes.filter(({ method, parameters }) => method === 'GET' && parameters.length > 0))(
    'finds nothing in $route',
    async ({ path, parameters }) => {
      for (const name of parameters) {
        for (const text of code) {
          const needs = name.startsWith('error') ? '&status=failed' : '';
          const answer = await service.request('GET', `${path}?${name}=${encodeURIComponent(text)}${needs}`);
          const what = `${name}=${text}: ${JSON.stringify(answer.body)}`;
          expect([200, 400, 404], what).toContain(answer.status);
          if (answer.status === 200) expect(list(answer.body), what).toEqual([]);
        }
      }
    },
  );

  const files = { route: 'GET /docs/:file', method: 'GET', template: '/docs/:file', body: undefined };
  it.each([...routes.filter(({ template }) => template.includes(':')), files])(
    'leads nowhere in the path of $route',
    async ({ method, template, body }) => {
      for (const place of places) {
        const path = template.replace(/:\w+/g, place);
        const content = JSON.stringify(body ?? {});
        const answer = await sendRaw(
          service.url,
          [
            `${method} ${path} HTTP/1.1`,
            'Host: 127.0.0.1',
            `Authorization: Bearer ${LOCAL_API_KEY}`,
            'Content-Type: application/json',
            `Content-Length: ${Buffer.byteLength(content)}`,
            'Connection: close',
            '',
            content,
          ].join('\r\n'),
        );
        expect(answer, path).toMatch(/^HTTP\/1\.1 (?:400|404|405|409|415|422) /);
        expect(answer, path).toMatch(/^content-type: application\/problem\+json/im);
      }
    },
  );

  it('changes the prototype of no object: in bodies and queries', async () => {
    for (const { method, path, body } of routes) {
      for (const name of ['__proto__', 'constructor', 'prototype', 'toString']) {
        const query = await service.request(method, `${path}?${name}[polluted]=1&${name}.polluted=1`, body);
        expect(query.status, `${method} ${path} ${name}`).toBe(400);
        if (method === 'GET' || body === undefined) continue;
        const text = JSON.stringify(body).replace(
          /^\{/,
          `{"${name}":{"polluted":1,"prototype":{"polluted":1}},`,
        );
        const answer = await service.request(method, path, text, { 'content-type': 'application/json' });
        expect(answer.status, `${method} ${path} ${text}`).toBeGreaterThanOrEqual(400);
        expect(answer.status, `${method} ${path} ${text}`).toBeLessThan(500);
      }
    }
    expect({}).not.toHaveProperty('polluted');
    expect(Object).not.toHaveProperty('polluted');
  });

  it('leaves every table where it is', async () => {
    const { rows } = await sql`SELECT FROM users`.execute(service.db);
    expect(rows.length).toBeGreaterThan(0);
  });
});

/** SQL, queries of the engine's visibility store, patterns and paths. None of it is the beginning of anything that is stored. */
const code = [
  "' OR '1'='1",
  "'; DROP TABLE users; --",
  '" OR ""="',
  "') OR 1=1 --",
  "\\' OR 1=1 --",
  "x' OR JobType IS NOT NULL OR 'a'='",
  "' ORDER BY StartTime DESC",
  '%',
  '_%',
  '.*',
  '$1',
  '${7*7}',
  '{{7*7}}',
  '../../../../etc/passwd',
  '__proto__',
  'constructor',
];

/** Places outside of what a path names: as they are, encoded once, twice, and as Windows writes them. */
const places = [
  '..%2f..%2f..%2f..%2fetc%2fpasswd',
  '..%252f..%252fetc%252fpasswd',
  '%2e%2e%2f%2e%2e%2fpackage.json',
  '..%5c..%5cpackage.json',
  '....%2f%2fetc%2fpasswd',
  '%00',
  'etc%2fpasswd%00.html',
  "'%20OR%20'1'='1",
];
