import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { startApi, startWorker } from '../support/processes.ts';
import { useService } from '../support/service.ts';

const service = useService({ workers: false });

it('a worker whose namespace does not exist exits with 1, so that its supervisor can restart it', async () => {
  const starting = startWorker(service, { TEMPORAL_NAMESPACE: 'not-there' });
  await expect(starting).rejects.toThrow(/exited|ended|code 1/i);
});

it('an API that is asked to stop ends although one client keeps its connection busy and another never ends its request', async () => {
  const api = await startApi(service, { API_SHUTDOWN_GRACE: '500ms' });
  const { hostname, port } = new URL(api.url);

  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = () =>
    new Promise<void>((resolve, reject) => {
      httpRequest(`${api.url}/healthz`, { agent }, (response) => {
        response.resume().on('end', resolve).on('error', reject);
      })
        .on('error', reject)
        .end();
    });
  await ask();
  const busy = (async () => {
    for (;;) await ask();
  })().catch(() => 'refused');

  const slow = connect(Number(port), hostname);
  await once(slow, 'connect');
  slow.on('error', () => undefined);
  slow.write(
    'POST /api/auth/register HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
  );

  expect(await api.stop()).toBe(0);
  expect(await busy).toBe('refused');
  slow.destroy();
  agent.destroy();
});
