import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { refuseOtherHosts } from '../config/loopback.ts';
import { metricsContentType } from './metrics-page.ts';

/** Responds to a request for the metrics. */
export function answerMetrics(response: ServerResponse, page: () => Promise<string>): void {
  page().then(
    (text) => {
      response.writeHead(200, { 'content-type': metricsContentType });
      response.end(text);
    },
    () => {
      response.writeHead(500);
      response.end();
    },
  );
}

/** Serves `/metrics` on a separate address, which Prometheus can reach and users cannot: metrics show how busy the service is. */
export async function serveMetrics(
  address: { host: string; port: number },
  page: () => Promise<string>,
): Promise<Server> {
  const server = createServer((request, response) => {
    if (refuseOtherHosts(address.host, request, response)) return;
    if (request.url === '/metrics') answerMetrics(response, page);
    else {
      response.writeHead(404);
      response.end();
    }
  });
  server.listen(address.port, address.host);
  await once(server, 'listening');
  return server;
}
