import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { LOCAL_API_KEY } from '../../packages/durable-jobs/src/config/config.ts';
import { serveMetrics } from '../../packages/durable-jobs/src/telemetry/serve-metrics.ts';
import { serveHealth } from '../../packages/durable-jobs/src/worker/health.ts';
import { sendRaw } from '../support/raw-request.ts';
import { useService } from '../support/service.ts';

const service = useService({ workers: false });
const otherKey = 'a key that is not the local one';
const deployed = useService({ workers: false, config: { apiKey: otherKey.replaceAll(' ', '-') } });

const get = (url: string, path: string, hosts: readonly string[], key = LOCAL_API_KEY, more = '') =>
  sendRaw(
    url,
    `GET ${path} HTTP/1.1\r\n${hosts.map((host) => `Host: ${host}\r\n`).join('')}Authorization: Bearer ${key}\r\n${more}Connection: close\r\n\r\n`,
  );

describe('an API with the local key', () => {
  it.each(['/api/stats', '/', '/login', '/healthz', '/docs', '/codec/decode', '/nothing'])(
    '%s is not there under the name of another site',
    async (path) => {
      const answer = await get(service.url, path, ['rebound.example:3000']);
      expect(answer).toMatch(/^HTTP\/1\.1 421 /);
      expect(answer).toContain('misdirected_request');
    },
  );

  it('names of this machine', async () => {
    for (const host of ['localhost', '127.0.0.1:3000', '127.0.0.2', '[::1]:3000']) {
      expect(await get(service.url, '/api/stats', [host])).toMatch(/^HTTP\/1\.1 200 /);
    }
    // What a proxy reports as the requested host changes nothing.
    const forwarded = await get(
      service.url,
      '/api/stats',
      ['rebound.example'],
      LOCAL_API_KEY,
      'X-Forwarded-Host: localhost\r\n',
    );
    expect(forwarded).toMatch(/^HTTP\/1\.1 421 /);
    // A tunnel writes the name of this machine into Host, but says for whom it asks; a proxy on this machine may forward.
    const from = (client: string) =>
      get(service.url, '/api/stats', ['localhost'], LOCAL_API_KEY, `X-Forwarded-For: ${client}\r\n`);
    expect(await from('203.0.113.7')).toMatch(/^HTTP\/1\.1 421 /);
    expect(await from('127.0.0.1')).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('there is one name, and one alone', async () => {
    for (const hosts of [['localhost', 'rebound.example'], ['rebound.example', 'localhost'], []]) {
      expect(await get(service.url, '/api/stats', hosts)).toMatch(/^HTTP\/1\.1 4(00|21) /);
    }
    const old = await sendRaw(
      service.url,
      `GET /api/stats HTTP/1.0\r\nAuthorization: Bearer ${LOCAL_API_KEY}\r\n\r\n`,
    );
    expect(old).toMatch(/^HTTP\/1\.1 421 /);
    const whole = await get(service.url, 'http://localhost/api/stats', ['rebound.example']);
    expect(whole).toMatch(/^HTTP\/1\.1 4(00|21) /);
  });
});

it('a service with its own key responds under every host name', async () => {
  const answer = await get(deployed.url, '/api/stats', ['jobs.example.com'], otherKey.replaceAll(' ', '-'));
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  expect(await get(deployed.url, '/api/stats', ['127.0.0.1'])).toMatch(/^HTTP\/1\.1 401 /);
});

it("the worker's port, the metrics and the payment sandbox are no other site's either", async () => {
  const ready = () => Promise.resolve({ ready: true } as never);
  const page = () => Promise.resolve('page');
  const local = { host: '127.0.0.1', port: 0 };
  const servers = await Promise.all([serveHealth(local, ready, page), serveMetrics(local, page)]);
  const urls = servers.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  for (const [url, path] of [
    [urls[0], '/readyz'],
    [urls[0], '/metrics'],
    [urls[1], '/metrics'],
    [service.sandboxUrl, '/_control/ledger'],
  ] as const) {
    expect(await get(url ?? '', path, ['rebound.example'])).toMatch(/^HTTP\/1\.1 421 /);
    expect(await get(url ?? '', path, ['localhost:1'])).toMatch(/^HTTP\/1\.1 200 /);
  }
  for (const server of servers) {
    server.close();
    await once(server, 'close');
  }
});
