import { subjectOfJob } from '../domain/accounts/subjects.ts';
import { once, setMaxListeners } from 'node:events';
import { services } from '../contracts/services.ts';
import { workKinds } from '../contracts/work-items.ts';
import { loadShopApiConfig, type ShopApiConfig } from '../domain/config.ts';
import { keepNotingUse, requirePayloadKeys } from '../packages/durable-jobs/src/encryption/check-keys.ts';
import { clientEncryption } from '../packages/durable-jobs/src/encryption/payload-encryption.ts';
import type { Database } from '../domain/database/schema.ts';
import { connectDatabase } from '../packages/durable-jobs/src/database/connect.ts';
import type { Logger } from '../packages/durable-jobs/src/telemetry/logger.ts';
import { createDispatcher } from '../packages/durable-jobs/src/jobs/outbox/dispatcher.ts';
import { onStop, runProcess } from '../packages/durable-jobs/src/process/process.ts';
import { createSecrets } from '../packages/durable-jobs/src/process/secrets.ts';
import { createTemporalClient } from '../packages/durable-jobs/src/engine/client.ts';
import { measureProcess } from '../packages/durable-jobs/src/telemetry/registry.ts';
import { startTracing } from '../packages/durable-jobs/src/telemetry/tracing.ts';
import { serveMetrics } from '../packages/durable-jobs/src/telemetry/serve-metrics.ts';
import { createAuditTrail } from '../packages/durable-jobs/src/access/audit.ts';
import { ownTaskQueues } from '../contracts/task-queues.ts';
import { jobs } from '../contracts/catalogue.ts';
import { jobEffects } from '../domain/effects.ts';
import { libraryJobProgress } from '../packages/durable-jobs/src/library-job-rules.ts';
import { jobRules } from '../domain/job-rules.ts';
import { bulkTasks } from '../domain/bulk-queries.ts';
import { createApp } from './app.ts';
import { createBulkUploads } from '../packages/durable-jobs/src/bulk/uploads.ts';
import { createHttpServer } from '../packages/durable-jobs/src/http/http-server.ts';
import { NotesCheck } from '../packages/durable-jobs/src/jobs/list/failing-jobs.ts';
import { apiMetricsPage } from '../packages/durable-jobs/src/api/metrics/page.ts';

async function main(config: ShopApiConfig, logger: Logger): Promise<void> {
  const tracing = await startTracing('durable-jobs-api', process.env, logger);
  const db = connectDatabase<Database>(config.DATABASE_URL, {
    poolSize: config.DATABASE_POOL_SIZE,
    logger,
    applicationName: 'durable-jobs-api',
  });
  const encryption = clientEncryption(config, { db, subjectOf: subjectOfJob });
  const temporal = createTemporalClient(config.temporal, `api:${process.pid}`, encryption);
  const dispatcher = createDispatcher({
    db,
    client: temporal.client,
    jobs,
    jobRules,
    logger,
    timeoutMs: config.ENGINE_TIMEOUT,
  });
  const audit = createAuditTrail({ db, logger });
  const uploads = createBulkUploads({ db, logger });
  const stopping = new AbortController();
  // Each open stream waits for it.
  setMaxListeners(0, stopping.signal);
  const app = createApp({
    config,
    db,
    temporal: temporal.client,
    taskQueues: ownTaskQueues,
    dispatcher,
    jobs,
    jobRules,
    jobEffects,
    jobProgress: libraryJobProgress,
    audit,
    uploads,
    bulkTasks,
    encryption,
    secrets: createSecrets(config.appSecret),
    services,
    workKinds,
    logger,
    stopping: stopping.signal,
  });
  measureProcess();
  const metrics = await serveMetrics(
    { host: config.API_METRICS_HOST, port: config.API_METRICS_PORT },
    apiMetricsPage({
      config,
      db,
      jobs,
      temporal: temporal.client,
      taskQueues: ownTaskQueues,
      workKinds: workKinds.kinds,
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
      new NotesCheck({ db, client: temporal.client, jobs, logger }).run(signal),
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

await runProcess('api', () => loadShopApiConfig(process.env), main);
