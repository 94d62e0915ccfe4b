import { subjectOfJob } from '../domain/accounts/subjects.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { NativeConnection, Runtime, type Worker } from '@temporalio/worker';
import { createOrderConsumer } from '../activities/services/order-consumer.ts';
import { workKinds } from '../activities/work-items/work-kinds.ts';
import { queues, taskQueues } from '../contracts/names.ts';
import { services } from '../contracts/services.ts';
import { runnableServices } from '../packages/durable-jobs/src/hosted-services/service-registry.ts';
import { createMessageConsumer } from '../packages/durable-jobs/src/messages/consumer.ts';
import { createOwnServices } from '../packages/durable-jobs/src/worker/own-services.ts';
import { jobs } from '../contracts/catalogue.ts';
import { createBulkTaskCode } from '../activities/bulk/tasks.ts';
import { jobRules } from '../domain/job-rules.ts';
import { createBroker } from '../packages/durable-jobs/src/messages/broker/create-broker.ts';
import { loadShopWorkerConfig, type ShopWorkerConfig } from '../domain/config.ts';
import { keepNotingUse, requirePayloadKeys } from '../packages/durable-jobs/src/encryption/check-keys.ts';
import { workerEncryption } from '../packages/durable-jobs/src/encryption/payload-encryption.ts';
import { connectDatabase } from '../packages/durable-jobs/src/database/connect.ts';
import type { Logger } from '../packages/durable-jobs/src/telemetry/logger.ts';
import { createMailer } from '../packages/durable-jobs/src/mail/mailer.ts';
import { createDispatcher } from '../packages/durable-jobs/src/jobs/outbox/dispatcher.ts';
import { createCallBudget } from '../domain/payments/call-budget.ts';
import { createStripeProvider } from '../domain/payments/provider.ts';
import { onStop, runProcess } from '../packages/durable-jobs/src/process/process.ts';
import {
  createReadiness,
  databaseCheck,
  engineCheck,
  runningCheck,
} from '../packages/durable-jobs/src/telemetry/readiness.ts';
import { createSecrets } from '../packages/durable-jobs/src/process/secrets.ts';
import { createTemporalClient } from '../packages/durable-jobs/src/engine/client.ts';
import { checkMetrics } from '../packages/durable-jobs/src/telemetry/check-metrics.ts';
import { createMetricsPage } from '../packages/durable-jobs/src/telemetry/metrics-page.ts';
import { measureProcess } from '../packages/durable-jobs/src/telemetry/registry.ts';
import { startTracing } from '../packages/durable-jobs/src/telemetry/tracing.ts';
import { createWorkers } from '../packages/durable-jobs/src/worker/create-workers.ts';
import { serveHealth } from '../packages/durable-jobs/src/worker/health.ts';
import { keepServicesRunning } from '../packages/durable-jobs/src/worker/keep-services-running.ts';
import { runtimeLogging } from '../packages/durable-jobs/src/worker/runtime-logger.ts';
import { sdkMetrics } from '../packages/durable-jobs/src/worker/sdk-metrics.ts';
import { limitedTaskQueues } from './task-queues.ts';

/** The engine may come up after the worker does. */
const CONNECT_RETRY_MS = 2_000;

async function main(config: ShopWorkerConfig, logger: Logger): Promise<void> {
  const stopping = new AbortController();
  onStop((reason) => {
    logger.info({ reason }, 'the worker is stopping');
    stopping.abort();
  });
  const tracing = await startTracing('durable-jobs-worker', process.env, logger);
  measureProcess();
  const sdk = await sdkMetrics();
  const { logger: sdkLogger, logging } = runtimeLogging(logger);
  const runtime = Runtime.install({
    logger: sdkLogger,
    telemetryOptions: { ...sdk.telemetry, logging },
    // This process decides when to stop, see above.
    shutdownSignals: [],
  });

  const db = connectDatabase(config.DATABASE_URL, {
    poolSize: config.DATABASE_POOL_SIZE,
    logger,
    applicationName: 'durable-jobs-worker',
  });
  const encryption = workerEncryption(config, { db, subjectOf: subjectOfJob });
  const temporal = createTemporalClient(config.temporal, `worker-client:${process.pid}`, encryption);
  const mailer = createMailer({ smtpUrl: config.SMTP_URL, from: config.MAIL_FROM });
  const budget = createCallBudget({
    databaseUrl: config.DATABASE_URL,
    perSecond: config.PAYMENTS_PER_SECOND,
    logger,
  });
  const payments = createStripeProvider({
    budget,
    apiKey: config.STRIPE_API_KEY,
    apiUrl: config.STRIPE_API_URL,
    timeoutMs: config.PAYMENT_TIMEOUT,
  });
  const dispatcher = createDispatcher({
    db,
    client: temporal.client,
    jobs,
    jobRules,
    logger,
    timeoutMs: config.ENGINE_TIMEOUT,
  });
  let workers: Worker[] | undefined;
  let connection: NativeConnection | undefined;
  const limits = { timeoutMs: config.ENGINE_TIMEOUT, logger };
  const readReadiness = createReadiness(
    {
      database: databaseCheck(db),
      engine: engineCheck(temporal.client),
      workers: runningCheck(() => workers),
    },
    limits,
  );
  const health = await serveHealth(
    { host: config.WORKER_HEALTH_HOST, port: config.WORKER_HEALTH_PORT },
    readReadiness,
    createMetricsPage({ sources: [checkMetrics(readReadiness)], append: sdk.read, ...limits }),
  );
  try {
    await requirePayloadKeys(db, config.PAYLOAD_KEYS, { logger, signal: stopping.signal });
    if (stopping.signal.aborted) return;
    connection = await connectWhenThere(config, logger, stopping.signal);
    if (!connection) return;
    const broker = createBroker(config, db, { [queues.orders]: config.AMQP_QUEUE });
    const hosted = runnableServices(
      services.with([
        ...createOwnServices({
          temporal: temporal.client,
          jobs,
          jobRules,
          mailer,
          broker,
          queues: Object.values(queues),
          workKinds,
          settings: config,
        }),
        createMessageConsumer(createOrderConsumer({ credit: config.ORDER_CONSUMER_CREDIT }), {
          broker,
          dispatcher,
          maxFailures: config.MESSAGE_MAX_FAILURES,
        }),
      ]),
    );
    workers = await createWorkers(connection, config.temporal.namespace, config, {
      db,
      mailer,
      payments,
      secrets: createSecrets(config.appSecret),
      logger,
      encryption,
      databaseUrl: config.DATABASE_URL,
      temporal: temporal.client,
      jobs,
      jobRules,
      taskQueues: limitedTaskQueues(config.PAYMENTS_PER_SECOND),
      services: hosted,
      bulkTasks: createBulkTaskCode({ payments }),
      stopping: stopping.signal,
    });
    const { signal } = stopping;
    await runUntilStopped(
      workers,
      Promise.all([
        keepNotingUse(db, config.PAYLOAD_KEYS, { logger, signal }),
        // They run on the queue of the workflows: a worker that does not serve it has none.
        config.WORKER_TASK_QUEUES.includes(taskQueues.jobs) &&
          keepServicesRunning({ client: temporal.client, logger }, services.ids, signal),
      ]),
      stopping,
    );
  } finally {
    health.close();
    health.closeAllConnections();
    // A worker that failed may still hold it; the failure itself is what matters then.
    await connection?.close().catch((error: unknown) => {
      logger.warn({ err: error }, 'the connection to the engine was not closed');
    });
    mailer.close();
    await dispatcher.drain();
    await budget.close();
    await db.destroy();
    await tracing.stop();
    await temporal.close();
    // The SDK does it with its last worker; one that stops before it had any would be kept alive.
    await runtime.shutdown();
    logger.info('the worker has stopped');
  }
}

/** Runs the workers, and what runs beside them. Where one of them fails, the others end with it, and then this throws. */
async function runUntilStopped(
  workers: Worker[],
  beside: Promise<unknown>,
  stopping: AbortController,
): Promise<void> {
  const running = workers.map((worker) => worker.run());
  const shutDown = (): void => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  stopping.signal.addEventListener('abort', shutDown);
  if (stopping.signal.aborted) shutDown();
  for (const run of running) run.catch(() => stopping.abort());
  const results = await Promise.allSettled(running);
  stopping.abort();
  await beside;
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

async function connectWhenThere(
  config: ShopWorkerConfig,
  logger: Logger,
  signal: AbortSignal,
): Promise<NativeConnection | undefined> {
  while (!signal.aborted) {
    try {
      return await NativeConnection.connect(config.temporal.connection);
    } catch (error) {
      logger.warn({ err: error }, 'the engine can not be reached yet');
      await delay(CONNECT_RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
  return undefined;
}

await runProcess('worker', () => loadShopWorkerConfig(process.env), main);
