import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express, { type Express } from 'express';
import { expect, it } from 'vitest';
import { linkTo, mountPath, noteMount, requestedPath } from './mount.ts';

const routes = (removed: string): Express =>
  express()
    .use(noteMount(removed))
    .get('/jobs', (request, response) => {
      response.json({ mount: mountPath(), link: linkTo('/login'), requested: requestedPath(request) });
    });

it.each([
  ['', '', '/jobs?limit=1', { mount: '', link: '/login', requested: '/jobs?limit=1' }],
  ['', '/ops', '/ops/jobs', { mount: '/ops', link: '/ops/login', requested: '/ops/jobs' }],
  ['/team', '', '/jobs?limit=1', { mount: '/team', link: '/team/login', requested: '/team/jobs?limit=1' }],
  [
    '/team',
    '/ops',
    '/ops/jobs',
    { mount: '/team/ops', link: '/team/ops/login', requested: '/team/ops/jobs' },
  ],
])('a path removed by a proxy "%s" and a mount path "%s"', async (removed, mounted, path, expected) => {
  const server = express()
    .use(mounted === '' ? '/' : mounted, routes(removed))
    .listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
    expect(await response.json()).toEqual(expected);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
