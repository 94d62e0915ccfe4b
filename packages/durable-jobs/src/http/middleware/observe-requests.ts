import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import { Histogram } from 'prom-client';
import { withLogFields } from '../../telemetry/log-fields.ts';
import { registry } from '../../telemetry/registry.ts';
import { startRequestSpan } from '../../telemetry/tracing.ts';
import { routeOf } from '../routing/matched-route.ts';

const duration = new Histogram({
  name: 'durable_jobs_http_request_duration_seconds',
  help: 'HTTP requests by method, route and status; 499 if the client disconnected before the response.',
  labelNames: ['method', 'route', 'status'],
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
  registers: [registry],
});

/** Methods with a label of their own: a client can send any word. */
const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** The route of requests that match none: their path is whatever the client sent. */
const UNMATCHED = 'none';

/** nginx's status for a client that disconnected. */
const CLIENT_CLOSED = 499;

/** Gives each request an id, which all of its log lines contain, and measures its duration. */
export const observeRequests: RequestHandler = (request, response, next) => {
  const requestId = randomUUID();
  request.id = requestId;
  response.setHeader('X-Request-Id', requestId);
  const begin = performance.now();
  const span = startRequestSpan(request.method, request.headers, { 'durable_jobs.request.id': requestId });
  response.once('close', () => {
    const method = methods.has(request.method) ? request.method : 'other';
    const route = routeOf(request)?.path ?? UNMATCHED;
    const status = response.writableFinished ? response.statusCode : CLIENT_CLOSED;
    duration.observe({ method, route, status }, (performance.now() - begin) / 1000);
    const attributes = {
      'http.request.method': method,
      'http.route': route,
      'http.response.status_code': status,
    };
    span?.end(`${method} ${route}`, attributes, status >= 500);
  });
  const go = (): void => withLogFields({ requestId }, next);
  if (span) span.run(go);
  else go();
};
