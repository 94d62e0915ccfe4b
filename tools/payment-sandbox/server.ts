import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';

import express from 'express';
import type { ErrorRequestHandler, Express } from 'express';
import { z } from 'zod';
import { refuseOtherHosts } from 'durable-jobs/config';

import { createControlApi, viewLedger } from './control-api.ts';
import { FaultQueue } from './faults.ts';
import { renderHomePage } from './home-page.ts';
import { IdempotencyKeys } from './idempotency.ts';
import { Ledger } from './ledger.ts';
import { RequestLog } from './request-log.ts';
import { createStripeApi } from './stripe-api.ts';

/** A running sandbox. */
export type PaymentSandbox = { url: string; port: number; close: () => Promise<void> };

/**
 * Starts the sandbox; port 0 takes a free one. One process at a time may use a state file. `now` is for tests of what
 * happens when idempotency keys expire.
 */
export async function startPaymentSandbox(options: {
  host?: string;
  port: number;
  stateFile: string;
  now?: () => Date;
}): Promise<PaymentSandbox> {
  const { host = '127.0.0.1', port: wantedPort, stateFile, now = () => new Date() } = options;
  const server = createServer();
  server.listen(wantedPort, host);
  // Before the file is touched: if a sandbox runs on this port already, the file is probably its.
  await once(server, 'listening');
  const port = portOf(server);
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;

  const stopping = new AbortController();
  const ready = Ledger.open(stateFile, now).then((ledger) => ({
    ledger,
    app: createApp({ ledger, url, now, stopping: stopping.signal }),
  }));
  server.on('request', (request, response) => {
    if (refuseOtherHosts(host, request, response)) return;
    ready.then(
      ({ app }) => {
        app(request, response);
      },
      () => request.socket.destroy(),
    );
  });
  const stopServer = async () => {
    stopping.abort();
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  try {
    const { ledger } = await ready;
    let closing: Promise<void> | undefined;
    const close = () => (closing ??= stopServer().finally(() => ledger.close()));
    return { url, port, close };
  } catch (error) {
    await stopServer();
    throw error;
  }
}

function createApp(deps: { ledger: Ledger; url: string; now: () => Date; stopping: AbortSignal }): Express {
  const { ledger, url, now, stopping } = deps;
  const faults = new FaultQueue();
  const log = new RequestLog();
  const app = express();
  app.disable('x-powered-by');
  // Stripe never answers 304.
  app.disable('etag');
  // Brackets in queries nest, as in bodies.
  app.set('query parser', 'extended');
  app.use(
    '/v1',
    ...createStripeApi({ ledger, keys: new IdempotencyKeys(ledger), faults, log, now, stopping }),
  );
  app.use('/_control', createControlApi({ ledger, faults, log }));
  app.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  app.get('/', (_request, response) => {
    response.type('html').send(renderHomePage(viewLedger(ledger), faults.list(), url));
  });
  app.use((request, response) => {
    response.status(404).json({ error: `${request.method} ${request.path} does not exist.` });
  });
  app.use(handleControlError);
  return app;
}

const handleControlError: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
  if (error instanceof z.ZodError) {
    const issues = error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
    response.status(400).json({ error: 'The request is not valid.', issues });
  } else if (error instanceof SyntaxError) {
    response.status(400).json({ error: `The body is not valid JSON: ${error.message}` });
  } else {
    console.error('The payment sandbox failed:', error);
    response.status(500).json({ error: 'The payment sandbox failed; see its output.' });
  }
};

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new Error('The server is not listening on a port.');
  return address.port;
}
