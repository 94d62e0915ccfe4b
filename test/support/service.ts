import { subjectOfJob } from '../../domain/accounts/subjects.ts';
import { jobEffects } from '../../domain/effects.ts';
import { libraryJobProgress } from '../../packages/durable-jobs/src/library-job-rules.ts';
import { jobRules } from '../../domain/job-rules.ts';
import { jobs as shopJobs } from '../../contracts/catalogue.ts';
import type { JobDefinition } from '../../packages/durable-jobs/src/jobs/job-definition.ts';
import { createJobRegistry } from '../../packages/durable-jobs/src/jobs/registry.ts';
import { once, setMaxListeners } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, type Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { afterAll, beforeAll, inject } from 'vitest';
import { createOrderConsumer } from '../../activities/services/order-consumer.ts';
import { workKinds as handledWorkKinds } from '../../activities/work-items/work-kinds.ts';
import { queues } from '../../contracts/names.ts';
import { services } from '../../contracts/services.ts';
import { workKinds } from '../../contracts/work-items.ts';
import { createHostedServices } from '../../packages/durable-jobs/src/worker/hosted-services.ts';
import { createApp } from '../../api/app.ts';
import { createBulkTaskCode } from '../../activities/bulk/tasks.ts';
import { bulkTasks } from '../../domain/bulk-queries.ts';
import { ownTaskQueues } from '../../contracts/task-queues.ts';
import { limitedTaskQueues } from '../../worker/task-queues.ts';
import { createHttpServer } from '../../packages/durable-jobs/src/http/http-server.ts';
import { createAuditTrail } from '../../packages/durable-jobs/src/access/audit.ts';
import { createBulkUploads } from '../../packages/durable-jobs/src/bulk/uploads.ts';
import type { AppDeps } from '../../api/deps.ts';
import { startPaymentSandbox } from '../../tools/payment-sandbox/server.ts';
import { createPostgresBroker } from '../../packages/durable-jobs/src/messages/broker/postgres-broker.ts';
import { LOCAL_API_KEY } from '../../packages/durable-jobs/src/config/config.ts';
import { openPool } from '../../packages/durable-jobs/src/database/connect.ts';
import type { Db } from '../../domain/database/schema.ts';
import { parseKeyRing } from '../../packages/durable-jobs/src/values/key-ring.ts';
import {
  clientEncryption,
  workerEncryption,
  type PayloadEncryption,
} from '../../packages/durable-jobs/src/encryption/payload-encryption.ts';
import type { PayloadPolicy } from '../../packages/durable-jobs/src/config/payload-policy.ts';
import { createMailer } from '../../packages/durable-jobs/src/mail/mailer.ts';
import { QueueWarnings } from '../../packages/durable-jobs/src/jobs/explain/queue-warnings.ts';
import { createDispatcher, type Dispatcher } from '../../packages/durable-jobs/src/jobs/outbox/dispatcher.ts';
import { createStripeProvider } from '../../domain/payments/provider.ts';
import { createSecrets } from '../../packages/durable-jobs/src/process/secrets.ts';
import { runShares } from '../../packages/durable-jobs/src/hosted-services/share.ts';
import { keepServicesRunning } from '../../packages/durable-jobs/src/worker/keep-services-running.ts';
import { engineInterceptors } from '../../packages/durable-jobs/src/engine/client.ts';
import { sendJobContext } from '../../packages/durable-jobs/src/telemetry/job-context.ts';
import { workflowCode } from '../../packages/durable-jobs/src/worker/workflow-code.ts';
import {
  createActivities,
  type ActivitySettings,
  type UpkeepSettings,
} from '../../activities/create-activities.ts';
import { createWorkers, type WorkerSettings } from '../../packages/durable-jobs/src/worker/create-workers.ts';
import { ApiDocumentCheck, type Exchange } from './api-document.ts';
import { openTestDatabase } from './database.ts';
import { noteRequest } from './secrets-in-use.ts';
import { startMailSink, type MailSink } from './mail-sink.ts';
import { registerNamespace } from './namespace.ts';
import { processState } from './process-state.ts';

/** A response of the API. `body` is its parsed JSON, undefined if it has none. */
export interface Answer {
  status: number;
  headers: Headers;
  body: unknown;
}

/** The whole service, with its own database and namespace, for the tests of one file. */
export interface Service {
  db: Db;
  databaseUrl: string;
  client: Client;
  namespace: string;
  temporalAddress: string;
  dispatcher: Dispatcher;
  mail: MailSink;
  url: string;
  sandboxUrl: string;
  /** Sends a request, and checks it and its response against the OpenAPI document. */
  request: (
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) => Promise<Answer>;
  /** Injects faults into the payment sandbox, see its control API. */
  fault: (fault: Record<string, unknown>) => Promise<void>;
  /** Removes all faults, and sends the responses that a delay holds back. */
  clearFaults: () => Promise<void>;
  /** Has something called after the tests of the file, before the service stops. */
  atEnd: (close: () => unknown) => void;
  /** The amounts that were actually taken and refunded for an order. */
  ledger: (orderId: string) => Promise<{ charges: LedgerEntry[]; refunds: LedgerEntry[] }>;
}

export interface LedgerEntry {
  amountMinor: number;
  idempotencyKey: string | null;
  metadata: Record<string, string>;
}

export const appSecret = 'a secret of the tests, with more than 32 characters';

/** A test on a slow machine, whose requests are all of one address, sends more than a service permits by default. */
export const PUBLIC_RATE_LIMIT_PER_MINUTE = 10_000;

const config: AppDeps['config'] = {
  apiKey: LOCAL_API_KEY,
  ENGINE_TIMEOUT: 20_000,
  BODY_TIMEOUT: 30_000,
  KEY_FAILURES_PER_MINUTE: 1_000,
  PASSWORD_RESET_DELAY: 300_000,
  PUBLIC_RATE_LIMIT_PER_MINUTE,
  SESSION_TTL: 28_800_000,
  TEMPORAL_UI_URL: 'http://127.0.0.1:8233',
  TIME_ZONE: 'UTC',
  BULK_MAX_ITEMS: 1_000_000,
  BULK_MAX_BYTES: 536_870_912,
  BULK_UPLOAD_IDLE: 60_000,
  API_BASE_PATH: '',
  NODE_ENV: 'test',
  API_HOST: '127.0.0.1',
  TRUST_PROXY_HOPS: 0,
};

/**
 * The least time that a call to the engine of the run has. A busy machine may stop a process for seconds, and a start that exceeds the limits
 * of an API is left to a relay, which most tests do not have.
 */
const ENGINE_PATIENCE_MS = 20_000;

/** A connection that the next request uses is not closed because it was idle while the machine was busy. */
const KEEP_ALIVE_MS = 60_000;

const DAY_MS = 86_400_000;

const upkeep: UpkeepSettings = {
  RECONCILIATION_WINDOW: 3 * DAY_MS,
  // So that a test can compare what it has just created.
  RECONCILIATION_QUIET_TIME: 0,
  PASSWORD_RESET_RETENTION: 7 * DAY_MS,
  OUTBOX_RETENTION: 7 * DAY_MS,
  FAILED_ATTEMPTS_RETENTION: 30 * DAY_MS,
  AUDIT_RETENTION: 365 * DAY_MS,
  BULK_RETENTION: 30 * DAY_MS,
  WORK_ITEM_RETENTION: 7 * DAY_MS,
  ARCHIVE_AFTER: 90 * DAY_MS,
  ARCHIVE_RETENTION: 730 * DAY_MS,
  FINDINGS_RETENTION: 180 * DAY_MS,
  MESSAGE_RETENTION: 7 * DAY_MS,
  MAINTENANCE_RECIPIENTS: [],
};

/**
 * Starts the service before the tests of a file and stops it after them. With `workers: false`, there are no workers, for tests that start
 * their own processes; `temporalAddress` names a server other than that of the run.
 */
export function useService(
  options: {
    config?: Partial<AppDeps['config']>;
    workers?: boolean;
    /** Also runs hosted services, all or these. By default, the test does their work. */
    hostedServices?: true | readonly string[];
    workerSettings?: Partial<WorkerSettings & ActivitySettings>;
    temporalAddress?: () => string;
    /** Shorter times than those of the API's server. */
    server?: { headersTimeoutMs: number; checkMs: number };
    /** `PAYLOAD_KEYS`; by default, nothing is encrypted. */
    payloadKeys?: string;
    /** Jobs in addition to the shop's. The API document does not contain them. */
    jobs?: readonly JobDefinition[];
    /** How long the worker waits for a response of the payment sandbox; 5,000 by default. */
    paymentTimeoutMs?: number;
    /** `PAYLOAD_ENCRYPTION`; by default, plaintext is accepted. */
    payloadEncryption?: PayloadPolicy;
  } = {},
): Service {
  const service = {} as Service;
  const closers: (() => unknown)[] = [];

  beforeAll(async () => {
    const logger = pino({ level: 'silent' });
    const folder = await mkdtemp(join(tmpdir(), 'durable-jobs-test-'));
    closers.push(() => rm(folder, { recursive: true, force: true }));

    const jobs = createJobRegistry([...shopJobs.all, ...(options.jobs ?? [])]);
    const { db, url: databaseUrl, close: closeDatabase } = await openTestDatabase();
    closers.push(closeDatabase);

    const temporalAddress = options.temporalAddress?.() ?? inject('temporalAddress');
    const encryptionConfig = {
      PAYLOAD_KEYS: options.payloadKeys === undefined ? undefined : parseKeyRing(options.payloadKeys),
      PAYLOAD_ENCRYPTION: options.payloadEncryption ?? 'any',
    };
    const encryption = clientEncryption(encryptionConfig, { db, subjectOf: subjectOfJob });
    const { namespace, connection: plain, close } = await registerNamespace(temporalAddress);
    // A server of the test's own may have been stopped.
    closers.push(options.temporalAddress ? () => plain.close() : close);
    const client = await connectClient(temporalAddress, namespace, encryption);
    // A test that has a server of its own stops it, and waits for the limits.
    if (!options.temporalAddress) beForgiving(client);
    closers.push(() => client.connection.close());
    const sandbox = await startPaymentSandbox({ port: 0, stateFile: join(folder, 'payments') });
    closers.push(() => sandbox.close());
    const mail = await startMailSink();
    closers.push(() => mail.close());

    const secrets = createSecrets(appSecret);
    const dispatcher = createDispatcher({ db, client, jobs, jobRules, logger, timeoutMs: 20_000 });
    closers.push(() => dispatcher.drain());

    const stopping = new AbortController();
    setMaxListeners(0, stopping.signal);
    if (options.workers !== false) {
      const mailer = createMailer({ smtpUrl: mail.url, from: 'test@example.com' });
      closers.push(() => mailer.close());
      const payments = createStripeProvider({
        apiKey: 'sk_test_sandbox',
        apiUrl: sandbox.url,
        timeoutMs: options.paymentTimeoutMs ?? 5_000,
      });
      const connection = await NativeConnection.connect({ address: temporalAddress });
      closers.push(() => connection.close());
      const hosted = createHostedServices(
        {
          services,
          consumers: [createOrderConsumer({ credit: 10 })],
          queues: { [queues.orders]: queues.orders },
          jobs,
          jobRules,
          workKinds: handledWorkKinds,
        },
        {
          temporal: client,
          mailer,
          broker: createPostgresBroker(db),
          dispatcher,
          settings: {
            OUTBOX_STARTS_PER_SECOND: 1_000,
            WORK_QUEUE_CONCURRENCY: 5,
            MESSAGE_MAX_FAILURES: 8,
            ...upkeep,
          },
        },
      );
      const settings: WorkerSettings & ActivitySettings = {
        PUBLIC_URL: 'http://shop.example',
        WORKER_TASK_QUEUES: ['jobs', 'mail', 'payments', 'bulk', 'services'],
        DATABASE_POOL_SIZE: 10,
        WORKER_SHUTDOWN_GRACE: 1_000,
        PAYMENTS_PER_SECOND: 1_000,
        TIME_ZONE: 'UTC',
        REPORT_RECIPIENTS: [],
        ...upkeep,
        ...options.workerSettings,
      };
      const pool = openPool(databaseUrl, { poolSize: 2, logger, applicationName: 'test-functions' });
      closers.push(() => pool.end());
      const workers = await createWorkers(connection, namespace, settings, {
        db,
        pool,
        encryption: workerEncryption(encryptionConfig, { db, subjectOf: subjectOfJob }),
        logger,
        database: databaseUrl,
        temporal: client,
        jobs,
        jobRules,
        taskQueues: limitedTaskQueues(1_000),
        activities: createActivities({ db, mailer, payments, secrets, temporal: client }, settings),
        workflowCode: workflowCode(
          { bundle: inject('workflowBundlePath') },
          { production: true, encrypted: encryption !== undefined },
        ),
        services: hosted,
        bulkTasks: createBulkTaskCode({ payments }),
        stopping: stopping.signal,
      });
      closers.push(stopWorkers(workers));
      if (options.hostedServices) {
        const ids = options.hostedServices === true ? services.ids : [...options.hostedServices];
        const kept = Promise.all([
          keepServicesRunning({ client, logger }, ids, stopping.signal),
          runShares(
            { db, database: databaseUrl, logger },
            hosted.filter(({ id }) => ids.includes(id)),
            stopping.signal,
          ),
        ]);
        closers.push(() => kept);
      }
    }

    const audit = createAuditTrail({ db, logger });
    closers.push(() => audit.drain());
    const uploads = createBulkUploads({ db, logger });
    closers.push(() => uploads.drain());
    const app = createApp({
      config: { ...config, ...options.config },
      db,
      temporal: client,
      taskQueues: ownTaskQueues,
      dispatcher,
      jobs,
      jobRules,
      jobEffects,
      jobProgress: libraryJobProgress,
      encryption,
      audit,
      uploads,
      bulkTasks,
      queueWarnings: new QueueWarnings(client),
      secrets,
      services,
      workKinds,
      logger,
      stopping: stopping.signal,
    });
    const server = createHttpServer(app, { logger, ...options.server });
    server.keepAliveTimeout = KEEP_ALIVE_MS;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => closeServer(server));
    closers.push(() => stopping.abort());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const document = (processState.documentCheck ??= new ApiDocumentCheck());

    Object.assign(service, {
      atEnd: (close: () => unknown) => closers.push(close),
      db,
      databaseUrl,
      client,
      namespace,
      temporalAddress,
      dispatcher,
      mail,
      url,
      sandboxUrl: sandbox.url,
      request: (method, path, body, headers) =>
        request(url, method, path, body, headers, (exchange) => document.check(exchange)),
      fault: async (fault) => {
        const answer = await request(sandbox.url, 'POST', '/_control/faults', fault);
        if (answer.status >= 300)
          throw new Error(`the sandbox took no fault: ${JSON.stringify(answer.body)}`);
      },
      clearFaults: async () => {
        await request(sandbox.url, 'DELETE', '/_control/faults');
      },
      ledger: async (orderId) => {
        const { body } = await request(sandbox.url, 'GET', `/_control/ledger?metadata[orderId]=${orderId}`);
        return body as Awaited<ReturnType<Service['ledger']>>;
      },
    } satisfies Service);
  });

  afterAll(async () => {
    for (const close of closers.reverse()) await close();
  });
  return service;
}

/** Returns a client of a namespace, such as an API has. */
async function connectClient(
  address: string,
  namespace: string,
  encryption: PayloadEncryption | undefined,
): Promise<Client> {
  const connection = await Connection.connect({ address, interceptors: engineInterceptors });
  encryption?.readInClear(connection);
  return new Client({
    connection,
    namespace,
    interceptors: { workflow: [sendJobContext] },
    ...(encryption && { dataConverter: encryption.dataConverter }),
  });
}

/** Gives calls to an engine {@link ENGINE_PATIENCE_MS}, whatever their limits are. */
function beForgiving({ connection }: Client): void {
  const withDeadline = connection.withDeadline.bind(connection);
  connection.withDeadline = (deadline, call) =>
    withDeadline(Math.max(Number(deadline), Date.now() + ENGINE_PATIENCE_MS), call);
}

function stopWorkers(workers: readonly Worker[]): () => Promise<unknown> {
  const running = workers.map((worker) => worker.run());
  return () => {
    for (const worker of workers) worker.shutdown();
    return Promise.all(running);
  };
}

async function closeServer(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}

/** Sends JSON, with the local API key unless the headers say otherwise. */
export async function request(
  base: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
  check?: (exchange: Exchange) => void,
): Promise<Answer> {
  const sent = new Headers({
    authorization: `Bearer ${LOCAL_API_KEY}`,
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...headers,
  });
  if (path.startsWith('/api/auth/')) noteRequest(inject('runFolder'), body);
  const isSentAsItIs = body === undefined || typeof body === 'string' || Buffer.isBuffer(body);
  const requestBody = isSentAsItIs
    ? (body as string | Buffer<ArrayBuffer> | undefined)
    : JSON.stringify(body);
  const response = await fetch(base + path, {
    method,
    headers: sent,
    ...(requestBody !== undefined && { body: requestBody }),
  });
  const text = await response.text();
  check?.({
    method,
    path,
    requestType: sent.get('content-type') ?? undefined,
    requestBody: Buffer.isBuffer(requestBody) ? new TextDecoder().decode(requestBody) : requestBody,
    status: response.status,
    headers: response.headers,
    body: text,
  });
  const json = /\bjson\b/.test(response.headers.get('content-type') ?? '');
  return {
    status: response.status,
    headers: response.headers,
    body: json && text ? (JSON.parse(text) as unknown) : undefined,
  };
}
