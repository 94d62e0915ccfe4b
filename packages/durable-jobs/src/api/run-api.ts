import { once, setMaxListeners } from 'node:events';
import { keepNotingUse, requirePayloadKeys } from '../encryption/check-keys.ts';
import { clientEncryption } from '../encryption/payload-encryption.ts';
import { connectDatabase } from '../database/connect.ts';
import type { Express } from 'express';
import type { ApiConfig } from '../config/config.ts';
import type { People } from '../encryption/subject-keys.ts';
import type { ApiDeps } from './deps.ts';
import type { Logger } from '../telemetry/logger.ts';
import { createDispatcher } from '../jobs/outbox/dispatcher.ts';
import { onStop } from '../process/process.ts';
import { createSecrets } from '../process/secrets.ts';
import { createTemporalClient } from '../engine/client.ts';
import { measureProcess } from '../telemetry/registry.ts';
import { startTracing } from '../telemetry/tracing.ts';
import { serveMetrics } from '../telemetry/serve-metrics.ts';
import { createAuditTrail } from '../access/audit.ts';
import { libraryJobProgress } from '../library-job-rules.ts';
import { createBulkUploads } from '../bulk/uploads.ts';
import { createHttpServer } from '../http/http-server.ts';
import { NotesCheck } from '../jobs/list/failing-jobs.ts';
import { apiMetricsPage } from '../metrics/page.ts';

/** What an application hands to its APIs: its definitions, and the HTTP application that they are served by. */
export interface ApiApplication extends Pick<
  ApiDeps,
  'bulkTasks' | 'jobEffects' | 'jobRules' | 'jobs' | 'services' | 'taskQueues' | 'workKinds'
> {
  /** Whose key encrypts a job's payloads. */
  subjectOf: People['subjectOf'];
  /** Builds the HTTP application, by {@link createApi}. */
  createApp: (deps: ApiResources) => Express;
}

/** What an API process opens, and an application builds its HTTP application from. */
export type ApiResources = Omit<ApiDeps, 'description' | 'updateRefusals'>;

/**
 * Runs an API process until it is asked to stop: it serves the application's HTTP application and the metrics.
 * @throws where something ended that should not have.
 */
export async function runApi(
  config: ApiConfig,
  logger: Logger,
  { subjectOf, createApp, ...declared }: ApiApplication,
): Promise<void> {
  const tracing = await startTracing('durable-jobs-api', process.env, logger);
  const db = connectDatabase(config.DATABASE_URL, {
    poolSize: config.DATABASE_POOL_SIZE,
    logger,
    applicationName: 'durable-jobs-api',
  });
  const encryption = clientEncryption(config, { db, subjectOf });
  const temporal = createTemporalClient(config.temporal, `api:${process.pid}`, encryption);
  const dispatcher = createDispatcher({
    db,
    client: temporal.client,
    jobs: declared.jobs,
    jobRules: declared.jobRules,
    logger,
    timeoutMs: config.ENGINE_TIMEOUT,
  });
  const audit = createAuditTrail({ db, logger });
  const uploads = createBulkUploads({ db, logger });
  const stopping = new AbortController();
  // Each open stream waits for it.
  setMaxListeners(0, stopping.signal);
  const app = createApp({
    ...declared,
    config,
    db,
    temporal: temporal.client,
    dispatcher,
    jobProgress: libraryJobProgress,
    audit,
    uploads,
    encryption,
    secrets: createSecrets(config.appSecret),
    logger,
    stopping: stopping.signal,
  });
  measureProcess();
  const metrics = await serveMetrics(
    { host: config.API_METRICS_HOST, port: config.API_METRICS_PORT },
    apiMetricsPage({
      ...declared,
      config,
      db,
      temporal: temporal.client,
      workKinds: declared.workKinds.kinds,
      logger,
    }),
  );
  logger.info({ address: metrics.address() }, 'the metrics are served');
  const server = createHttpServer(
    (request, response) => {
      // A client that keeps its connection busy would keep a stopping process alive.
      if (stopping.signal.aborted) response.setHeader('Connection', 'close');
      app(request, response);
    },
    { logger },
  );
  const stopped = new Promise<void>((resolve) => {
    onStop((reason) => {
      logger.info({ reason }, 'the API is stopping');
      stopping.abort();
      // Requests that are under way are answered; idle connections are closed.
      server.close(() => resolve());
      server.closeIdleConnections();
      setTimeout(() => {
        logger.warn('requests that did not end in time are cut off');
        server.closeAllConnections();
      }, config.API_SHUTDOWN_GRACE).unref();
    });
  });
  try {
    server.listen(config.API_PORT, config.API_HOST);
    await once(server, 'listening');
    logger.info({ address: server.address() }, 'the API is listening');
    // It answers meanwhile; nothing is given to the engine without the database that the check waits for.
    const { signal } = stopping;
    await requirePayloadKeys(db, config.PAYLOAD_KEYS, { logger, signal });
    await Promise.all([
      keepNotingUse(db, config.PAYLOAD_KEYS, { logger, signal }),
      new NotesCheck({ db, client: temporal.client, jobs: declared.jobs, logger }).run(signal),
      stopped,
    ]);
    await uploads.drain();
    await dispatcher.drain();
    await audit.drain();
  } finally {
    metrics.close();
    metrics.closeAllConnections();
    await db.destroy();
    await tracing.stop();
    await temporal.close();
  }
  logger.info('the API has stopped');
}
