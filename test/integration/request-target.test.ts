import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { beforeAll, describe, expect, it } from 'vitest';
import { accessOf } from '../../packages/durable-jobs/src/http/openapi/document.ts';
import { resources } from '../../api/openapi/resources.ts';
import { passwordPageFiles } from '../../api/password-page/docs.ts';
import { pageFiles } from '../../packages/durable-jobs/src/console/docs.ts';
import { registry } from '../../packages/durable-jobs/src/telemetry/registry.ts';
import { eventually } from '../support/jobs.ts';
import { makeKey, type MadeKey } from '../support/make-key.ts';
import { sendRaw } from '../support/raw-request.ts';
import { routesOf } from '../support/routes.ts';
import { useService } from '../support/service.ts';
import { buildApp } from '../support/unconnected-app.ts';

const service = useService({ workers: false });

const order = randomUUID();
const invoice = `/api/orders/${order}/invoice`;

let viewer: MadeKey;
let other: MadeKey;
/** The application behind a parser that accepts every target, because the parsers of Node's versions differ. */
let unparsed: string;
/** The same within another application, which has mounted it at `/`. */
let mounted: string;
beforeAll(async () => {
  viewer = await makeKey(service.db, 'viewer');
  other = await makeKey(service.db, 'viewer');
  await service.db
    .insertInto('users')
    .values({ id: order, email: 'ada@example.com', name: 'Ada', passwordHash: '' })
    .execute();
  await service.db
    .insertInto('orders')
    .values({ id: order, userId: order, currency: 'eur', amountMinor: 100 })
    .execute();
  const app = buildApp({ db: service.db });
  const servers = [app, express().use('/', app)].map((listener: RequestListener) =>
    createServer((request, response) => {
      request.url = Buffer.from(String(request.headers['x-target']), 'base64').toString('latin1');
      listener(request, response);
    }).listen(0, '127.0.0.1'),
  );
  await Promise.all(servers.map((server) => once(server, 'listening')));
  [unparsed = '', mounted = ''] = servers.map(
    (server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  );
  return () => servers.forEach((server) => server.close());
});

const odd = [
  ...Array.from({ length: 0x21 }, (_, code) => String.fromCharCode(code)),
  ...Array.from('"#<>[\\]^`{|}\x7f\x80\xa0\xff'),
].flatMap((character) => [
  invoice + character,
  `${character}${invoice}`,
  invoice.replace('/invoice', `/${character}invoice`),
  `${invoice}?x=${character}`,
]);

const ambiguous = [
  '',
  '*',
  invoice.slice(1),
  `http://127.0.0.1${invoice}`,
  `/${invoice}`,
  invoice.replace('/orders', '//orders'),
  `${invoice}//`,
  `/.${invoice}`,
  `/x/..${invoice}`,
  `${invoice}/.`,
  invoice.replace('/invoice', '%2Finvoice'),
  invoice.replace('/invoice', '%5cinvoice'),
  `${invoice}/%2e`,
  `${invoice}%09`,
  `${invoice}%00`,
  `${invoice}%7f`,
  `${invoice}%`,
  `${invoice}%zz`,
  `${invoice}%ff`,
];

describe('a request target', () => {
  it('that could be read in two ways is refused', async () => {
    for (const target of [...odd, ...ambiguous]) {
      const answer = await fetch(unparsed, {
        headers: { ...viewer.headers, 'x-target': Buffer.from(target, 'latin1').toString('base64') },
      });
      // Express itself responds if there is no path at all; Node's parsers never accept that.
      const expected = target.startsWith('/') || answer.status !== 404 ? 400 : 404;
      expect(answer.status, JSON.stringify(target)).toBe(expected);
    }
  });

  it('that names another host never redirects a browser there', async () => {
    const hosts = [
      '//evil.example',
      '/\\evil.example',
      '///evil.example',
      '//evil.example:80',
      '//me@evil.example',
    ];
    const targets = hosts.flatMap((host) =>
      ['', '/', '/?x=', '?x=', '/?x=%20y', '/api/jobs?x=', '/%2e%2e?x='].map((rest) => host + rest),
    );
    for (const server of [unparsed, mounted]) {
      for (const headers of [{}, viewer.headers]) {
        for (const target of targets) {
          const { status, headers: answered } = await fetch(server, {
            headers: {
              ...headers,
              accept: 'text/html',
              'x-target': Buffer.from(target, 'latin1').toString('base64'),
            },
            redirect: 'manual',
          });
          expect([status, answered.get('location')], target).toEqual([400, null]);
        }
      }
    }
  });

  it("never gives a viewer access to operators' routes, however the path is spelled", async () => {
    const spellings = [
      ...odd,
      ...ambiguous,
      invoice.toUpperCase(),
      `${invoice}/`,
      `${invoice}?`,
      `${invoice}??/`,
      invoice.replace('i', '%69'),
      `${invoice};x`,
    ];
    for (const target of spellings) {
      const answer = await sendRaw(
        service.url,
        `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${viewer.key}\r\nConnection: close\r\n\r\n`,
      );
      expect(answer, JSON.stringify(target)).toMatch(/^HTTP\/1\.1 (400|403|404) /);
    }
  });
});

describe('a route', () => {
  const documented = resources.flatMap(({ routes }) =>
    Object.entries(routes).map(([route, docs]) => [route, accessOf(route, docs)] as const),
  );

  it('is among those that are tried here', () => {
    const tried = documented.map(([route]) => route);
    const others = routesOf(buildApp()).filter((route) => !tried.includes(route));
    expect(others.toSorted()).toEqual([...pageFiles, ...passwordPageFiles].toSorted());
  });

  it.each(documented)('is for whom the document says, in every spelling: %s, %s', async (route, access) => {
    const [method = '', template = ''] = route.split(' ');
    const id = randomUUID();
    const path = template.replace(/:\w+/, id);
    const ask = (target: string, headers: Record<string, string>): Promise<Response> =>
      fetch(service.url + target, { method, headers, redirect: 'manual' });
    for (const target of [path, `${path.toUpperCase()}/`.replace('//', '/')]) {
      if (access === 'public') {
        const { status, headers } = await ask(target, { origin: service.url });
        expect(status).not.toBe(403);
        expect(headers.get('www-authenticate')).toBeNull();
        continue;
      }
      expect((await ask(target, {})).status).toBe(401);
      if (access === 'operator') expect((await ask(target, other.headers)).status).toBe(403);
    }
    if (access !== 'operator') return;
    // The refused attempts can be found by the attempted action, and by its target.
    await eventually(async () => {
      const found = await audit(`what=${encodeURIComponent(route)}&who=${other.id}`);
      expect(found).toMatchObject([
        { action: route, outcome: 'refused' },
        { action: route, outcome: 'refused' },
      ]);
      if (template.includes(':')) {
        expect(await audit(`what=${id}`)).toHaveLength(1);
        expect(await audit(`what=${id.toUpperCase()}`)).toHaveLength(1);
      }
    });
  });

  it('that is requested with HEAD is audited as its GET route', async () => {
    const { status } = await service.request('HEAD', invoice, undefined, other.headers);
    expect(status).toBe(403);
    await eventually(async () => {
      expect(await audit(`what=${order}&who=${other.id}`)).toMatchObject([
        { action: 'GET /api/orders/:id/invoice', outcome: 'refused' },
      ]);
    });
  });

  it('has one label in the metrics, and unmatched requests have another', async () => {
    const path = `/api/orders/${order}`;
    for (const spelling of [path, path.toUpperCase(), `${path}/`, `/Api/oRders/${order}`]) {
      expect((await service.request('GET', spelling)).status).toBe(200);
    }
    for (const spelling of ['/nothing', '/api/nothing', '/API/Auth/nothing', '/codec/nothing', '/DOCS/x/y']) {
      await fetch(service.url + spelling);
    }
    const { values } = (await registry
      .getSingleMetric('durable_jobs_http_request_duration_seconds')
      ?.get()) ?? { values: [] };
    const labels = new Set(values.map(({ labels }) => (labels as { route: string }).route));
    const known = routesOf(buildApp()).map((route) => route.split(' ')[1]);
    expect([...labels].filter((label) => !known.includes(label))).toEqual(['none']);
  });

  async function audit(query: string): Promise<unknown[]> {
    const { body } = await service.request('GET', `/api/audit?${query}`);
    return (body as { items: unknown[] }).items;
  }
});
