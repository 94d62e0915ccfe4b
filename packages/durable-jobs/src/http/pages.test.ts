import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { markup } from '../html/markup.ts';
import { setCaller } from './caller.ts';
import { errorHandler, unknownRoute } from './middleware/errors.ts';
import { providePages, readNavigation, sendJsonOrPage } from './pages.ts';
import { redirectToPlainSearch } from './plain-search.ts';
import { Problem } from './problem.ts';

const navigation = [{ name: 'Work', items: [{ name: 'Teas', path: '/teas' }] }];

const app = express();
app.use(providePages({ navigation: () => Promise.resolve(navigation), uiUrl: 'http://ui.example' }));
app.use((request, _response, next) => {
  if (request.query.as !== undefined) {
    const isStillValid = () => Promise.resolve(true);
    setCaller(request, {
      keyId: 'k',
      keyName: '<Ada>',
      keyExpiresAt: null,
      role: 'viewer',
      via: 'session',
      isStillValid,
    });
  }
  next();
});
app.use(readNavigation);
app.get('/teas', redirectToPlainSearch, (request, response) => {
  if (request.query.kind === 'none') {
    throw new Problem('validationFailed', 'One field is not valid.', {
      errors: [{ path: 'kind', message: 'must be a kind of <tea>' }],
    });
  }
  sendJsonOrPage(request, response, {
    json: { items: [] },
    page: (query) => ({ title: 'Teas', content: markup`<p>${JSON.stringify(query)}</p>` }),
  });
});
app.use(unknownRoute);
app.use(errorHandler());

const server = app.listen(0, '127.0.0.1');
beforeAll(async () => {
  if (!server.listening) await once(server, 'listening');
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

const key = { authorization: 'Bearer k' };
const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

/** What Java's HttpURLConnection sends unless a program says otherwise. */
const java = 'text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2';

async function get(path: string, accept: string, more: Record<string, string> = {}) {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  const response = await fetch(url, { headers: { accept, ...more }, redirect: 'manual' });
  const type = response.headers.get('content-type')?.split(';')[0];
  return { status: response.status, type, headers: response.headers, body: await response.text() };
}

describe('an address', () => {
  it('is a page for browsers and JSON for programs', async () => {
    for (const accept of ['*/*', 'application/json']) {
      const { type, body, headers } = await get('/teas', accept);
      expect([type, body, headers.get('vary')]).toEqual(['application/json', '{"items":[]}', 'Accept']);
    }
    const { type, body, headers } = await get('/teas?as=ada', browser);
    expect([type, headers.get('vary')]).toEqual(['text/html', 'Accept']);
    expect(body).toContain('<title>Teas · Durable Jobs</title>');
    expect(body).toContain('<a href="/teas" aria-current="page">Teas</a>');
    expect(body).toContain('Signed in with the key &lt;Ada&gt; (viewer).');
  });

  it('is JSON for a request that names neither', async () => {
    for (const accept of ['image/png', 'application/problem+json', 'application/vnd.api+json'])
      expect(await get('/teas', accept)).toMatchObject({ status: 200, type: 'application/json' });
  });

  it('is JSON for a program with a key, unless it accepts pages alone', async () => {
    for (const [accept, type] of [
      [java, 'application/json'],
      [browser, 'application/json'],
      ['text/html, application/json;q=0', 'text/html'],
      ['text/html', 'text/html'],
    ] as const) {
      const { type: answered, headers } = await get('/teas', accept, key);
      expect([answered, headers.get('vary')], accept).toEqual([type, 'Accept']);
    }
    expect((await get('/teas?kind=', java, key)).status).toBe(200);
    for (const path of ['/teas?kind=none', '/coffees']) {
      expect((await get(path, java, key)).type).toBe('application/problem+json');
      expect((await get(path, 'text/html', key)).type).toBe('text/html');
    }
  });

  it('has no navigation for a caller who is unknown', async () => {
    const { body } = await get('/teas', browser);
    expect(body).not.toContain('<nav');
    expect(body).not.toContain('http://ui.example');
  });

  it('is cleaned of what a form sends without the script, for browsers alone', async () => {
    const { status, headers } = await get('/teas?kind=&after=2026-03-01T10:00&name=+green', browser);
    expect([status, headers.get('location')]).toEqual([
      302,
      '/teas?after=2026-03-01T10%3A00%3A00Z&name=green',
    ]);
    expect((await get('/teas?name=?a=?b&kind=', browser)).headers.get('location')).toBe(
      '/teas?name=%3Fa%3D%3Fb',
    );
    expect((await get('/teas?kind=', browser)).headers.get('location')).toBe('/teas');
    expect((await get('/teas?kind=', '*/*')).status).toBe(200);
    // Only where a search is: every other address answers for itself.
    expect((await get('/coffees?kind=', browser)).status).toBe(404);
    expect((await get('/teas?kind=green', browser)).status).toBe(200);
  });
});

describe('a problem', () => {
  it('is a page for browsers, with each field, and problem+json for programs', async () => {
    const page = await get('/teas?kind=none', browser);
    expect([page.status, page.type]).toEqual([400, 'text/html']);
    expect(page.body).toContain('<h1>The request is not valid</h1>');
    expect(page.body).toContain('<code>kind</code> must be a kind of &lt;tea&gt;');
    for (const accept of ['*/*', 'application/json', 'application/problem+json'])
      expect((await get('/teas?kind=none', accept)).type).toBe('application/problem+json');
  });

  it('is a page for an address that does not exist', async () => {
    expect(await get('/coffees', browser)).toMatchObject({ status: 404, type: 'text/html' });
    expect(await get('/coffees', '*/*')).toMatchObject({ status: 404, type: 'application/problem+json' });
  });
});
