import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, expect, it } from 'vitest';
import { eventually } from '../support/jobs.ts';
import { startApi, startWorker, type ServiceProcess } from '../support/processes.ts';
import { request, useService } from '../support/service.ts';

/** Another process takes over within seconds, but not while other tests of this kind keep all cores busy. */
const TAKE_OVER_MS = 180_000;

const service = useService({ workers: false });
const processes: ServiceProcess[] = [];
const sockets = new Set<Socket>();
/** An engine that accepts connections and never responds: starts in the background stay in progress. */
const stalled = createServer((socket) => {
  sockets.add(socket);
  socket.on('error', () => socket.destroy());
});

afterAll(async () => {
  await Promise.all(processes.map((process) => process.stop()));
  for (const socket of sockets) socket.destroy();
  stalled.close();
});

it('the welcome email goes out although the API was killed between the commit and the start', async () => {
  stalled.listen(0, '127.0.0.1');
  await once(stalled, 'listening');
  const { port } = stalled.address() as AddressInfo;
  const api = await startApi(service, { TEMPORAL_ADDRESS: `127.0.0.1:${port}` });
  const email = `ada-${randomUUID()}@example.com`;
  const { status } = await request(api.url, 'POST', '/api/auth/register', {
    email,
    name: 'Ada',
    password: 'correct horse',
  });
  expect(status).toBe(201);
  await api.kill();
  expect(service.mail.to(email)).toEqual([]);

  processes.push(await startWorker(service));
  await eventually(() => expect(service.mail.to(email)).toHaveLength(1), TAKE_OVER_MS);
});
