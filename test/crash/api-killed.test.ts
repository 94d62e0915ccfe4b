import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, expect, it } from 'vitest';
import { eventually } from '../support/jobs.ts';
import { startApi, startWorker, type ServiceProcess } from '../support/processes.ts';
import { request, useService } from '../support/service.ts';

const service = useService({ workers: false });
const processes: ServiceProcess[] = [];
const sockets = new Set<Socket>();
/** An engine that takes connections and never answers: it holds a request between its commit and its answer. */
const stalled = createServer((socket) => {
  sockets.add(socket);
  socket.on('error', () => socket.destroy());
});

afterAll(async () => {
  await Promise.all(processes.map((process) => process.stop()));
  for (const socket of sockets) socket.destroy();
  stalled.close();
});

it('the welcome email goes out although the API was killed right after the commit', async () => {
  stalled.listen(0, '127.0.0.1');
  await once(stalled, 'listening');
  const { port } = stalled.address() as AddressInfo;
  const api = await startApi(service, { TEMPORAL_ADDRESS: `127.0.0.1:${port}`, ENGINE_TIMEOUT: '60s' });
  const email = `ada-${randomUUID()}@example.com`;
  const answered = request(api.url, 'POST', '/api/auth/register', {
    email,
    name: 'Ada',
    password: 'correct horse',
  });
  const cutOff = expect(answered).rejects.toThrow();
  await eventually(async () => {
    const committed = await service.db.selectFrom('users').select('id').where('email', '=', email).execute();
    expect(committed).toHaveLength(1);
  });
  await api.kill();
  await cutOff;
  expect(service.mail.to(email)).toEqual([]);

  processes.push(await startWorker(service));
  await eventually(() => expect(service.mail.to(email)).toHaveLength(1));
});
