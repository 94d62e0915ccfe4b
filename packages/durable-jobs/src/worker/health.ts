import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { Readiness } from '../telemetry/readiness.ts';
import { refuseOtherHosts } from '../config/loopback.ts';
import { answerMetrics } from '../telemetry/serve-metrics.ts';

/** Serves `/healthz` (the process responds), `/readyz` (it can work) and `/metrics` for a supervisor of the worker. */
export async function serveHealth(
  address: { host: string; port: number },
  readiness: () => Promise<Readiness>,
  metrics: () => Promise<string>,
): Promise<Server> {
  const server = createServer((request, response) => {
    if (refuseOtherHosts(address.host, request, response)) return;
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    if (request.url === '/healthz') answer(200, { status: 'ok' });
    else if (request.url === '/readyz')
      void readiness().then((result) => answer(result.ready ? 200 : 503, result));
    else if (request.url === '/metrics') answerMetrics(response, metrics);
    else answer(404, { status: 'not found' });
  });
  server.listen(address.port, address.host);
  await once(server, 'listening');
  return server;
}
