import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { afterEach, expect, it } from 'vitest';
import { mountRouter } from './mount-router.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function serve(app: express.Express): Promise<string> {
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it.each([
  [false, '203.0.113.7'],
  [true, '127.0.0.1'],
])(
  'trusts the proxies of the application around it, unless it has its own (%s)',
  async (trustsProxies, seen) => {
    const inner = express();
    inner.get('/', (request, response) => {
      response.send(request.ip?.replace('::ffff:', ''));
    });
    const { router } = mountRouter(inner, { trustsProxies, onFirst: () => undefined });
    const url = await serve(express().set('trust proxy', 1).use('/a', express.Router().use('/b', router)));
    const response = await fetch(`${url}/a/b`, { headers: { 'x-forwarded-for': '203.0.113.7' } });
    expect(await response.text()).toBe(seen);
  },
);

it('answers open requests when it is closed, and refuses later ones', async () => {
  const inner = express();
  let answer = (): void => undefined;
  let hasBegun = (): void => undefined;
  const begun = new Promise<void>((resolve) => (hasBegun = resolve));
  inner.get('/slow', (_request, response) => {
    answer = () => response.send('done');
    hasBegun();
  });
  let beginnings = 0;
  const mounted = mountRouter(inner, { trustsProxies: true, onFirst: () => beginnings++ });
  const url = await serve(express().use('/ops', mounted.router));
  const slow = fetch(`${url}/ops/slow`);
  await begun;
  mounted.refuse();
  const drained = mounted.drain(60_000);
  const late = await fetch(`${url}/ops/slow`);
  expect(late.status).toBe(503);
  expect(await late.json()).toMatchObject({ code: 'engine_unavailable', instance: '/ops/slow' });
  answer();
  await drained;
  expect(await (await slow).text()).toBe('done');
  expect(beginnings).toBe(1);
});

it('waits no longer than its limit for work in progress', async () => {
  const inner = express();
  let hasBegun = (): void => undefined;
  const begun = new Promise<void>((resolve) => (hasBegun = resolve));
  inner.get('/', () => hasBegun());
  const mounted = mountRouter(inner, { trustsProxies: true, onFirst: () => undefined });
  const url = await serve(express().use(mounted.router));
  const hanging = fetch(url).catch((error: unknown) => error);
  await begun;
  await mounted.drain(50);
  for (const close of closers.splice(0)) close();
  expect(await hanging).toBeInstanceOf(Error);
});
