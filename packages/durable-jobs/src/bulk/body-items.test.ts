import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { pino } from 'pino';
import { pinoHttp } from 'pino-http';
import { expect, it } from 'vitest';
import { waitUntil } from '../dev/wait.ts';
import { registry } from '../telemetry/registry.ts';
import { errorHandler } from '../http/middleware/errors.ts';
import { observeRequests } from '../http/middleware/observe-requests.ts';
import { itemsOf } from './body-items.ts';

it.each([
  ['application/x-ndjson', '{"sku":"a"}\n{"sku":'],
  ['application/json', '[{"sku":"a"},{"sku":'],
])('an upload of %s whose client leaves is no fault of the service', async (type, beginning) => {
  const logged: { level: string; msg: string; err?: unknown }[] = [];
  const logger = pino(
    { formatters: { level: (label) => ({ level: label }) } },
    { write: (line: string) => logged.push(JSON.parse(line) as (typeof logged)[number]) },
  );
  const app = express();
  app.use(observeRequests, pinoHttp({ logger }));
  let leave: () => void = () => undefined;
  const underWay = new Promise<void>((resolve) => (leave = resolve));
  app.post('/', async (request, response) => {
    const signal = new AbortController().signal;
    for await (const { errors } of itemsOf(request, { maxBytes: 1_000, idleMs: 60_000, signal })) {
      expect(errors).toBeUndefined();
      leave();
    }
    response.end();
  });
  app.use(errorHandler());
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    const upload = httpRequest({
      port,
      host: '127.0.0.1',
      method: 'POST',
      headers: { 'content-type': type },
    });
    upload.on('error', () => undefined);
    upload.write(beginning);
    await underWay;
    upload.destroy();
    const left = 'the client disconnected before the response';
    await waitUntil(() => Promise.resolve(logged.some(({ msg }) => msg === left)), {
      what: 'it is logged',
      timeoutMs: 60_000,
    });
    expect(logged.filter(({ level }) => level !== 'info')).toEqual([]);
    expect(JSON.stringify(logged)).not.toContain('"stack"');
    const counted = await registry.getSingleMetricAsString('durable_jobs_http_request_duration_seconds');
    expect(counted).toContain('_count{method="POST",route="none",status="499"}');
    expect(counted).not.toContain('status="5');
  } finally {
    server.close();
  }
});
