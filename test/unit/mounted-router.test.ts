import { context, propagation, SpanKind, trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-node';
import express, { type Express } from 'express';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { mountRouter } from '../../packages/durable-jobs/src/application/mount-router.ts';
import { registry } from '../../packages/durable-jobs/src/telemetry/registry.ts';
import { listen } from '../support/listen.ts';
import { parseMetrics, valueOf } from '../support/metrics.ts';
import { buildApp } from '../support/unconnected-app.ts';

const REQUESTS = 'durable_jobs_http_request_duration_seconds_count';

/** The application around the router: it has a route of its own, and begins a span for a request with a certain header. */
function surround(router: express.RequestHandler): Express {
  const app = express();
  app.use((request, _response, next) => {
    if (request.get('x-own-span') === undefined) next();
    else {
      const span = trace.getTracer('host').startSpan('host request');
      context.with(trace.setSpan(context.active(), span), next);
      span.end();
    }
  });
  app.get('/invoices', (_request, response) => response.send('none'));
  app.use('/ops', router);
  return app;
}

describe('the router of an application', () => {
  let url = '';
  const closers: (() => unknown)[] = [];

  beforeAll(async () => {
    const { router } = mountRouter(buildApp(), { trustsProxies: false, onFirst: () => undefined });
    url = await listen(surround(router), closers);
  });
  afterAll(() => {
    for (const close of closers) close();
  });

  async function get(path: string, headers: Record<string, string> = {}): Promise<number> {
    const response = await fetch(url + path, { headers });
    await response.text();
    return response.status;
  }

  it('counts each request once, by the template of its route', async () => {
    registry.resetMetrics();
    expect(await get('/ops/api/jobs/welcome:4711')).toBe(401);
    expect(await get('/ops/api/jobs/welcome:4712')).toBe(401);
    expect(await get('/ops/healthz')).toBe(200);
    expect(await get('/ops/wp-login.php')).toBe(404);
    expect(await get('/invoices')).toBe(200);

    // A request is measured when its response is closed, a moment after the client has received it.
    const counted = async (): Promise<unknown> => valueOf(parseMetrics(await registry.metrics()), REQUESTS);
    await expect.poll(counted).toBe(4);
    const text = await registry.metrics();
    const samples = parseMetrics(text);
    expect(valueOf(samples, REQUESTS, { method: 'GET', route: '/api/jobs/:id', status: '401' })).toBe(2);
    expect(valueOf(samples, REQUESTS, { method: 'GET', route: '/healthz', status: '200' })).toBe(1);
    expect(valueOf(samples, REQUESTS, { method: 'GET', route: 'none', status: '404' })).toBe(1);
    expect(text).not.toMatch(/welcome|wp-login|\/ops/);
  });

  describe('in an application that has set up OpenTelemetry', () => {
    const exporter = new InMemorySpanExporter();
    const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
    beforeAll(() => provider.register());
    afterEach(() => exporter.reset());
    afterAll(async () => {
      await provider.shutdown();
      for (const api of [trace, context, propagation]) api.disable();
    });

    const named = (name: string): ReadableSpan[] =>
      exporter.getFinishedSpans().filter((span) => span.name === name);

    it("records a request as a child of the application's span", async () => {
      await get('/ops/api/jobs/welcome:4711', { 'x-own-span': 'yes' });
      const [own] = named('host request');
      await expect.poll(() => named('GET /api/jobs/:id').length).toBe(1);
      const [ours] = named('GET /api/jobs/:id');
      expect(ours).toMatchObject({
        kind: SpanKind.INTERNAL,
        parentSpanContext: { spanId: own?.spanContext().spanId },
        attributes: {
          'http.request.method': 'GET',
          'http.route': '/api/jobs/:id',
          'http.response.status_code': 401,
        },
      });
      expect(JSON.stringify(ours?.attributes)).not.toContain('welcome');
    });

    it("records a request in its caller's trace if the application has no span for it", async () => {
      const traceId = 'c'.repeat(32);
      await get('/ops/healthz', { traceparent: `00-${traceId}-${'d'.repeat(16)}-01` });
      await expect.poll(() => named('GET /healthz').length).toBe(1);
      const [ours] = named('GET /healthz');
      expect(ours?.kind).toBe(SpanKind.SERVER);
      expect(ours?.spanContext().traceId).toBe(traceId);
      expect(ours?.parentSpanContext?.spanId).toBe('d'.repeat(16));
    });
  });
});
