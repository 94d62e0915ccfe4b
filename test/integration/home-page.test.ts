import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import { LOCAL_API_KEY } from '../../packages/durable-jobs/src/config/config.ts';
import { eventually } from '../support/jobs.ts';
import { useService } from '../support/service.ts';
import { buildApp } from '../support/unconnected-app.ts';

const service = useService({ hostedServices: true });
const closers: (() => unknown)[] = [];
afterAll(() => closers.forEach((close) => close()));

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server that accepts connections and never responds. */
async function silent(): Promise<string> {
  const server = createTcpServer((socket) => closers.push(() => socket.destroy()));
  closers.push(() => server.close());
  return listen(server);
}

/** The home page of an application by parts, and how long it took. */
async function home(app: RequestListener): Promise<{ part: (id: string) => string; tookMs: number }> {
  const server = createServer(app);
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = await listen(server);
  const began = performance.now();
  const response = await fetch(`http://${address}/`, {
    headers: { authorization: `Bearer ${LOCAL_API_KEY}` },
  });
  expect(response.status).toBe(200);
  const page = await response.text();
  return {
    part: (id) => new RegExp(`<section id="${id}"(.*?)</section>`, 's').exec(page)?.[1] ?? '',
    tookMs: performance.now() - began,
  };
}

describe('the home page', () => {
  it('is for who has a key', async () => {
    expect((await service.request('GET', '/', undefined, { authorization: '' })).status).toBe(401);
    const browser = await fetch(service.url, { redirect: 'manual', headers: { accept: 'text/html' } });
    expect(browser.status).toBe(302);
    expect(browser.headers.get('location')).toBe('/login?next=%2F');
    const page = await service.request('GET', '/');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('cache-control')).toBe('private, no-cache');
  });

  it('is not sent again while nothing has changed', async () => {
    await eventually(async () => {
      const { headers } = await service.request('GET', '/');
      const again = await fetch(service.url, {
        headers: {
          authorization: `Bearer ${LOCAL_API_KEY}`,
          'if-none-match': headers.get('etag') ?? '',
          // As browsers do; by default, this client would request the page uncached.
          'cache-control': 'max-age=0',
        },
      });
      expect(again.status).toBe(304);
    });
  });

  it.each([
    ['refuses', () => Promise.resolve('127.0.0.1:1')],
    ['says nothing', silent],
  ])('still shows what the database knows while the engine %s', async (_how, engine) => {
    const app = buildApp({ db: service.db, engine: await engine() });
    // On a busy machine, the database may not respond in time either.
    await eventually(async () => {
      const { part, tookMs } = await home(app);
      // A second and a half for the slowest part, and an allowance for a busy machine.
      expect(tookMs).toBeLessThan(60_000);
      for (const id of ['failures', 'jobs', 'schedules', 'workers']) {
        expect(part(id)).toContain('The job engine is not responding');
      }
      expect(part('services')).toContain('outbox-relay');
      expect(part('queues')).toContain('outbox');
      expect(part('bulk-jobs')).toContain('None.');
      expect(part('retrying')).toContain('No job is retrying.');
      expect(part('health')).toContain('6 of 8 checks fail.');
    });
  });

  it('is served while nothing at all answers', async () => {
    const { part, tookMs } = await home(buildApp());
    expect(tookMs).toBeLessThan(60_000);
    for (const id of ['retrying', 'services', 'queues', 'bulk-jobs']) {
      expect(part(id)).toContain('The database is not responding');
    }
    expect(part('health')).toContain('7 of 8 checks fail.');
  });
});

describe('GET /dashboard', () => {
  const target = async (query: string): Promise<string | null> => {
    const response = await fetch(`${service.url}/dashboard${query}`, {
      redirect: 'manual',
      headers: { authorization: `Bearer ${LOCAL_API_KEY}` },
    });
    expect(response.status).toBe(302);
    return response.headers.get('location');
  };
  const list = (): string => `http://127.0.0.1:8233/namespaces/${service.namespace}/workflows?query=`;
  const queryOf = async (query: string): Promise<string> => {
    const url = (await target(query)) ?? '';
    expect(url.startsWith(list())).toBe(true);
    return decodeURIComponent(url.slice(list().length));
  };

  it('redirects to the requested list of jobs', async () => {
    expect(await queryOf('')).toBe('JobType IS NOT NULL');
    expect(await queryOf('?type=processOrder')).toBe("JobType IN ('processOrder')");
    expect(await queryOf('?type=processOrder&status=failed')).toContain("'Failed'");
  });

  it('redirects to the newest run of a job, or to the list if it has not begun', async () => {
    const { body } = await service.request('POST', '/api/jobs', { type: 'refreshStatistics' });
    const { jobId } = body as { jobId: string };
    // It is started in the background.
    await eventually(async () =>
      expect(await target(`?job=${jobId}`)).toMatch(
        new RegExp(`/workflows/${encodeURIComponent(jobId)}/[0-9a-f-]{36}$`),
      ),
    );
    expect(await queryOf('?job=process-order:none')).toBe("WorkflowId IN ('process-order:none')");
  });

  it.each([
    '?status=waiting',
    '?type=mowLawn',
    '?colour=red',
    "?job=x'y",
    '?job=process-order:1&status=failed',
  ])('refuses %s', async (query) => {
    expect(await service.request('GET', `/dashboard${query}`)).toMatchObject({
      status: 400,
      body: { code: 'validation_failed' },
    });
  });
});
