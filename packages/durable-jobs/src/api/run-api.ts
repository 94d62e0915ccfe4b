import { once } from 'node:events';
import type { Express } from 'express';
import type { ApiConfig } from '../config/config.ts';
import { createHttpServer } from '../http/http-server.ts';
import { createLastAnswers } from '../http/last-answers.ts';
import { apiMetricsPage } from '../metrics/page.ts';
import { onStop } from '../process/process.ts';
import type { Logger } from '../telemetry/logger.ts';
import { measureProcess } from '../telemetry/registry.ts';
import { serveMetrics } from '../telemetry/serve-metrics.ts';
import { startTracing } from '../telemetry/tracing.ts';
import { openApi, type ApiDefinitions, type ApiResources } from './open-api.ts';
import { openClient } from './open-client.ts';

/** What an application passes to its APIs: its definitions, and the function that builds its HTTP application. */
export interface ApiApplication extends ApiDefinitions {
  /** Builds the HTTP application with {@link createApi}. */
  createApp: (deps: ApiResources) => Express;
}

/**
 * Runs an API process until it is asked to stop. It serves the application's HTTP application and the metrics.
 * @throws if a part of it ends unexpectedly.
 */
export async function runApi(
  config: ApiConfig,
  logger: Logger,
  { createApp, ...definitions }: ApiApplication,
): Promise<void> {
  const tracing = await startTracing('durable-jobs-api', process.env, logger);
  const client = openClient(config, logger, definitions, 'api');
  const api = openApi(config, logger, definitions, client);
  const { resources } = api;
  const app = createApp(resources);
  measureProcess();
  const metrics = await serveMetrics(
    { host: config.API_METRICS_HOST, port: config.API_METRICS_PORT },
    apiMetricsPage({ ...resources, workKinds: resources.workKinds.kinds }),
  );
  logger.info({ address: metrics.address() }, 'the metrics server is listening');
  const lastAnswers = createLastAnswers();
  const server = createHttpServer(
    (request, response) => {
      lastAnswers.begin(response);
      app(request, response);
    },
    { logger },
  );
  const stopped = new Promise<void>((resolve) => {
    onStop((reason) => {
      logger.info({ reason }, 'the API is stopping');
      lastAnswers.announce();
      api.stop();
      // Open requests are answered; idle connections are closed.
      server.close(() => resolve());
      server.closeIdleConnections();
      setTimeout(() => {
        logger.warn('requests that did not finish in time were cut off');
        server.closeAllConnections();
      }, config.API_SHUTDOWN_GRACE).unref();
    });
  });
  try {
    server.listen(config.API_PORT, config.API_HOST);
    await once(server, 'listening');
    logger.info({ address: server.address() }, 'the API is listening');
    await Promise.all([api.watch(), stopped]);
    await api.drain();
  } finally {
    metrics.close();
    metrics.closeAllConnections();
    await client.close();
    await tracing.stop();
  }
  logger.info('the API has stopped');
}
