import { setMaxListeners } from 'node:events';
import type { Client } from '@temporalio/client';
import { Runtime, type NativeConnection, type Worker } from '@temporalio/worker';
import type { WorkerConfig } from '../config/config.ts';
import { tlsOf } from '../config/tls.ts';
import { connectDatabase, openPool, type Db } from '../database/connect.ts';
import type { People } from '../encryption/subject-keys.ts';
import { keepNotingUse, requirePayloadKeys } from '../encryption/check-keys.ts';
import { workerEncryption } from '../encryption/payload-encryption.ts';
import { logEngine } from '../engine/address.ts';
import { createTemporalClient } from '../engine/client.ts';
import { libraryQueues, taskQueueNames } from '../engine/declared-queues.ts';
import { Stays } from '../hosted-services/stays.ts';
import { releaseDeadRuns } from '../hosted-services/release-dead-runs.ts';
import { runShares } from '../hosted-services/share.ts';
import { createDispatcher } from '../jobs/outbox/dispatcher.ts';
import { createMailer, noMailer, type Mailer } from '../mail/mailer.ts';
import { createBroker } from '../messages/broker/create-broker.ts';
import { onStop } from '../process/process.ts';
import { createSecrets, type Secrets } from '../process/secrets.ts';
import type { ScheduleDefinition } from '../schedules/definition.ts';
import { applyDeclared, untilAccepted } from './apply-declared.ts';
import { checkMetrics } from '../telemetry/check-metrics.ts';
import type { Logger } from '../telemetry/logger.ts';
import { createMetricsPage } from '../telemetry/metrics-page.ts';
import { createReadiness, databaseCheck, engineCheck, runningCheck } from '../telemetry/readiness.ts';
import { measureProcess } from '../telemetry/registry.ts';
import { startTracing } from '../telemetry/tracing.ts';
import type { WorkerApplication } from './application.ts';
import { checkedCode } from './checked-code.ts';
import { connectEngine } from './connect-engine.ts';
import { createWorkers } from './create-workers.ts';
import { serveHealth } from './health.ts';
import { createHostedServices } from './hosted-services.ts';
import { keepServicesRunning } from './keep-services-running.ts';
import { runtimeLogging } from './runtime-logger.ts';
import { sdkMetrics } from './sdk-metrics.ts';
import { versionOf } from './version-of.ts';
import { warnOfUnpolledQueues } from './warn-of-unpolled-queues.ts';
import { whileCurrent } from './while-current.ts';

/** The open resources of a worker process, from which an application creates its activities and services. */
export interface WorkerResources {
  db: Db;
  /** For the application's own calls to the engine. */
  temporal: Client;
  mailer: Mailer;
  secrets: Secrets;
  logger: Logger;
}

/** The parts of an application that its workers run. */
export interface WorkerParts {
  /** Returns the person whose key encrypts a job's payloads. */
  subjectOf: People['subjectOf'];
  createApplication: (resources: WorkerResources) => WorkerApplication;
  /** Stops the worker when it aborts, in addition to the signals of the process. */
  stop?: AbortSignal;
}

/**
 * Runs a worker process until it is asked to stop: connects, serves health and metrics, and runs the application's jobs and services.
 * @throws if a part ends unexpectedly, the application lacks code for a declaration, or an open job does not replay on its workflows.
 */
export async function runWorker(
  config: WorkerConfig,
  logger: Logger,
  { subjectOf, createApplication, stop }: WorkerParts,
): Promise<void> {
  const stopping = new AbortController();
  // Every service and every check listens to it.
  setMaxListeners(0, stopping.signal);
  const stopFor = (reason: string): void => {
    logger.info({ reason }, 'the worker is stopping');
    stopping.abort();
  };
  onStop(stopFor);
  stop?.addEventListener('abort', () => stopFor('the worker was closed'));
  const tracing = await startTracing('durable-jobs-worker', process.env, logger);
  logEngine(logger, config.temporal);
  measureProcess();
  let workers: Worker[] | undefined;
  const sdk = await sdkMetrics();
  const { logger: sdkLogger, logging } = runtimeLogging(logger, () => workers !== undefined);
  const runtime = Runtime.install({
    logger: sdkLogger,
    telemetryOptions: { ...sdk.telemetry, logging },
    // This process decides when to stop, see above.
    shutdownSignals: [],
  });

  const db = connectDatabase(config.database, {
    poolSize: config.DATABASE_POOL_SIZE,
    logger,
    applicationName: 'durable-jobs-worker',
  });
  const pool = openPool(config.database, {
    poolSize: config.DATABASE_POOL_SIZE,
    logger,
    applicationName: 'durable-jobs-functions',
  });
  const encryption = workerEncryption(config, { db, subjectOf });
  const temporal = createTemporalClient(config.temporal, `worker-client:${process.pid}`, encryption);
  const mailer =
    config.SMTP_URL === undefined
      ? noMailer
      : createMailer({ smtpUrl: config.SMTP_URL, from: config.MAIL_FROM, tls: tlsOf('SMTP', config) });
  const secrets = createSecrets(config.appSecret);
  const application = createApplication({ db, temporal: temporal.client, mailer, secrets, logger });
  const dispatcher = createDispatcher({
    db,
    client: temporal.client,
    jobs: application.jobs,
    jobRules: application.jobRules,
    logger,
    timeoutMs: config.ENGINE_TIMEOUT,
  });
  const services = createHostedServices(application, {
    temporal: temporal.client,
    mailer,
    broker: createBroker(config, db, application.queues),
    dispatcher,
    settings: config,
  });
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
    connection = await connectEngine(config.temporal, { client: temporal.client, logger }, stopping.signal);
    if (!connection) return;
    const code = await checkedCode(application, config, { encryption, logger, signal: stopping.signal });
    if (!code) return;
    const version = versionOf(config);
    const stays = new Stays();
    workers = await createWorkers(connection, config.temporal.namespace, config, {
      db,
      pool,
      logger,
      encryption,
      database: config.database,
      temporal: temporal.client,
      jobs: application.jobs,
      jobRules: application.jobRules,
      taskQueues: application.taskQueues,
      activities: application.activities,
      workflowCode: code,
      services,
      bulkTasks: application.bulkTasks,
      stopping: stopping.signal,
      stay: version && (() => stays.begin()),
    });
    const { signal } = stopping;
    const hasServices = config.WORKER_TASK_QUEUES.includes(libraryQueues.services);
    const { schedules } = application;
    const ofCurrent = (period: AbortSignal): Promise<unknown> => {
      const apply = (declared: readonly ScheduleDefinition[]): Promise<void> =>
        applyDeclared({ client: temporal.client, db, database: config.database, logger }, declared, period);
      return Promise.all([
        schedules &&
          (version ? untilAccepted(() => apply(schedules), { logger, signal: period }) : apply(schedules)),
        ...(hasServices
          ? [
              keepServicesRunning({ client: temporal.client, logger }, application.services.ids, period),
              runShares({ db, database: config.database, logger }, services, period),
            ]
          : []),
      ]);
    };
    await runUntilStopped(
      workers,
      Promise.all([
        whileCurrent(
          { client: temporal.client, logger },
          { version, work: ofCurrent, noted: (state) => stays.note(state) },
          signal,
        ),
        keepNotingUse(db, config.PAYLOAD_KEYS, { logger, signal }),
        warnOfUnpolledQueues(
          { client: temporal.client, logger },
          { all: taskQueueNames(application.taskQueues), served: config.WORKER_TASK_QUEUES },
          signal,
        ),
        hasServices &&
          releaseDeadRuns({ db, client: temporal.client, logger }, application.services.ids, signal),
      ]),
      stopping,
    );
  } finally {
    health.close();
    health.closeAllConnections();
    // A worker that failed may still hold it. The worker's failure is reported, not this one.
    await connection?.close().catch((error: unknown) => {
      logger.warn({ err: error }, 'the connection to the engine was not closed');
    });
    mailer.close();
    await dispatcher.drain();
    await application.close?.();
    await pool.end();
    await db.destroy();
    await tracing.stop();
    await temporal.close();
    // The SDK shuts the runtime down with its last worker; without this, a process that stops before its first worker
    // would be kept alive.
    await runtime.shutdown();
    logger.info('the worker has stopped');
  }
}

/**
 * Runs the workers, and `beside` concurrently. If one of them fails, the others are stopped.
 * @throws the failure.
 */
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
  for (const run of [...running, beside]) run.catch(() => stopping.abort());
  const results = await Promise.allSettled(running);
  stopping.abort();
  await beside;
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
