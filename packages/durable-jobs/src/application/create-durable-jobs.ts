import type { RequestHandler } from 'express';
import { openClient, type OpenClient } from '../api/open-client.ts';
import {
  loadApiConfig,
  loadClientConfig,
  loadDatabaseConfig,
  loadWorkerConfig,
  readTogether,
  type Environment,
} from '../config/config.ts';
import { libraryMigrations } from '../database/migrations/list.ts';
import { applyMigrations } from '../database/migrator.ts';
import { enqueue } from '../jobs/enqueue/enqueue.ts';
import type { EnqueueOptions } from '../jobs/enqueue/start-options.ts';
import type { SqlClient } from '../jobs/enqueue/sql-client.ts';
import type { InputOf, JobDefinition, ResultOf } from '../jobs/job-definition.ts';
import { idFault } from '../jobs/job-key.ts';
import { definitionOf } from '../jobs/registry.ts';
import { scheduleDefinition, type ScheduleDefinition } from '../schedules/definition.ts';
import { RefusedError } from '../process/refused-error.ts';
import type { WorkerResources } from '../worker/run-worker.ts';
import { checkOptions } from '../values/check-options.ts';
import { quoted } from '../values/text.ts';
import { createLogger } from '../telemetry/logger.ts';
import { cancelJob } from './cancel-job.ts';
import { declare, type Declared } from './declare.ts';
import { environmentOf } from './environment.ts';
import { idOf, type JobReference } from './job-of.ts';
import { resultOf, type ResultOptions } from './job-result.ts';
import { lazyRouter } from './lazy-router.ts';
import { durableJobsOptions, runWorkerOptions } from './option-schemas.ts';
import type { DurableJobsOptions, RunWorkerOptions } from './options.ts';
import type { ServedApi } from './serve-api.ts';
import { startJob, type StartedJob } from './start-job.ts';

/** The durable jobs of an application, created by {@link createDurableJobs}. Nothing connects before it is used. */
export interface DurableJobs {
  /**
   * Returns a router with the REST API, the console and the API document, to be mounted under any path of the application. It answers every
   * request below that path; unknown paths get 404. This call loads the API in the background, and requests wait for it. An error in
   * the routes that the application adds ends the process.
   * @throws {ConfigError} that names every missing or invalid variable.
   *
   * @example
   * app.use('/ops', durableJobs.router());
   */
  router: () => RequestHandler;
  /**
   * Returns the metrics of the router's requests and of the jobs, in the text format of Prometheus. All names begin with `durable_jobs_`, so
   * that an application can append them to its own. They show how busy the application is: serve them where only Prometheus can reach them. If the
   * process also runs a worker, scrape only this or the worker's port.
   *
   * @example
   * internal.get('/metrics', async (_request, response) => {
   *   response.type('text/plain').send(await durableJobs.metrics());
   * });
   */
  metrics: () => Promise<string>;
  /**
   * Enqueues a job in the caller's own transaction, through any SQL client. The job starts as soon as the transaction is committed; after a
   * rollback, nothing starts.
   * @throws {ZodError} if the input does not match the job's schema; {JobKeyError} if the job's key is not valid; {TypeError} if an option is
   * unknown or not valid, or the client can't run SQL.
   *
   * @example
   * await durableJobs.enqueue(client, sendInvoiceReminder, { invoiceId }, { delay: '7d' });
   */
  enqueue: <Job extends JobDefinition>(
    client: SqlClient,
    job: Job,
    input: InputOf<Job>,
    options?: EnqueueOptions,
  ) => Promise<{ jobId: string }>;
  /**
   * Enqueues a job in a separate transaction, and starts it in the background without waiting for the engine.
   * @throws {ZodError} if the input does not match the job's schema; {JobKeyError} if the job's key is not valid; {TypeError} if an option is
   * unknown or not valid.
   *
   * @example
   * const { jobId } = await durableJobs.start(sendInvoiceReminder, { invoiceId });
   */
  start: <Job extends JobDefinition>(
    job: Job,
    input: InputOf<Job>,
    options?: EnqueueOptions,
  ) => Promise<StartedJob>;
  /**
   * Waits for a job to end and returns its result, which is typed if the job is identified by its definition.
   * @throws {JobFailedError} if it failed, was cancelled or terminated; {JobNotFoundError}; {JobNotEndedError} after `timeout`.
   *
   * @example
   * const { sent } = await durableJobs.result({ job: sendInvoiceReminder, key: invoiceId }, { timeout: '30s' });
   */
  result: <Job extends JobDefinition>(
    job: string | JobReference<Job>,
    options?: ResultOptions,
  ) => Promise<ResultOf<Job>>;
  /**
   * Cancels a job, identified by its id or by its definition and key: requests cancellation of its open run, or withdraws a start that has
   * not been made yet. Returns whether there was anything to cancel.
   * @throws {ActionRefusedError} if the job's rules forbid it.
   *
   * @example
   * await durableJobs.cancel(sendInvoiceReminder, invoiceId);
   */
  cancel: { (id: string): Promise<boolean>; (job: JobDefinition, key: string): Promise<boolean> };
  /**
   * Runs a worker until the process is asked to stop, or {@link DurableJobs.close} is called.
   * @throws {ConfigError} that names every missing or invalid variable; an error if an open job does not replay on this code
   * while workers with other code run (with WORKER_REPLAY=refuse, the default in production): a process that does not catch it exits with 3; otherwise if a part of the worker ends unexpectedly.
   *
   * @example
   * await durableJobs.runWorker({ workflows: import.meta.resolve('./workflows.ts'), applySchedules: true });
   */
  runWorker: (options?: RunWorkerOptions) => Promise<void>;
  /**
   * Creates the library's tables in the schema `durable_jobs`, or upgrades them. Returns the names of the applied migrations. Any number of
   * processes may call it concurrently.
   */
  migrate: () => Promise<string[]>;
  /** Ends streams and workers, waits for open requests, and closes all connections. The object can't be used afterwards. */
  close: () => Promise<void>;
  /** Returns the registries that commands and tests read. @throws if two definitions have the same name. */
  application: () => ApplicationParts;
}

/** The registries and the configuration of an application. */
export interface ApplicationParts extends Declared {
  environment: Environment;
  /** Returns the declared schedules. @throws {ZodError} if one of them is not valid; {Error} if two have the same id. */
  schedules: (timeZone: string) => ScheduleDefinition[];
}

/**
 * Creates the durable jobs of an application from its definitions. Throws a `TypeError` that names each option that is not valid. The application, its worker and the `durable-jobs` command import the
 * module that calls this. Configuration is read when it is first needed.
 *
 * @example
 * export const durableJobs = createDurableJobs({ jobs: [sendInvoiceReminder] });
 */
export function createDurableJobs(options: DurableJobsOptions = {}): DurableJobs {
  checkOptions('createDurableJobs', options, durableJobsOptions);
  const environment = lazily(() => environmentOf(options));
  const declared = lazily(() => declare(options, environment()));
  const closing = new AbortController();
  let client: OpenClient | undefined;
  let served: { loading: Promise<ServedApi>; router: RequestHandler } | undefined;
  let working: Promise<void> | undefined;

  const refuseClosed = (): void => {
    if (closing.signal.aborted) throw new Error('The durable jobs instance is closed.');
  };

  const open = (): OpenClient => {
    const [config, application] = readTogether(() => loadClientConfig(environment()), declared);
    return openClient(config, createLogger('durable-jobs', config.LOG_LEVEL), application, 'client');
  };

  const openedClient = (): OpenClient => {
    refuseClosed();
    client ??= open();
    return client;
  };

  const serve = (): NonNullable<typeof served> => (served ??= loadApi());

  const loadApi = (): NonNullable<typeof served> => {
    const [config, application] = readTogether(() => loadApiConfig(environment()), declared);
    const opened = openedClient();
    // Processes that serve no API, such as workers, do not load it.
    const loading = import('./serve-api.ts').then(({ serveApi }) =>
      serveApi(options.routes, config, application, opened),
    );
    // Deliberately without a handler for its failure: that ends the process, as an error thrown here would.
    void loading.then(() => undefined);
    return { loading, router: lazyRouter(loading) };
  };

  const schedules = (timeZone: string): ScheduleDefinition[] => {
    const { schedules: given = [] } = options;
    const schema = scheduleDefinition(declared().jobs);
    const parsed = (typeof given === 'function' ? given(timeZone) : given).map((input) =>
      schema.parse(input),
    );
    const ids = parsed.map(({ id }) => id);
    const twice = ids.find((id, index) => ids.indexOf(id) !== index);
    if (twice !== undefined) throw new Error(`The schedule ${twice} is declared twice.`);
    return parsed;
  };

  const closeAll = async (): Promise<void> => {
    closing.abort();
    await served?.loading.then(
      (api) => api.stop(),
      () => undefined,
    );
    // Its failure is reported to the caller of `runWorker`.
    await working?.catch(() => undefined);
    await client?.close();
  };
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= closeAll());

  return {
    router: () => serve().router,
    metrics: async () => (await serve().loading).metrics(),
    async enqueue(sqlClient, job, input, enqueueOptions) {
      const definition = ownDefinition(declared(), job);
      refuseUnknownAwaited(declared(), enqueueOptions);
      return enqueue(sqlClient, definition, input, enqueueOptions);
    },
    async start(job, input, startOptions = {}) {
      const definition = ownDefinition(declared(), job);
      refuseUnknownAwaited(declared(), startOptions);
      return startJob(openedClient(), definition, input, startOptions);
    },
    async result(job, resultOptions) {
      return resultOf({ ...openedClient(), jobs: declared().jobs }, job, resultOptions);
    },
    async cancel(job: string | JobDefinition, key?: string) {
      const id = idOf(typeof job === 'object' ? { job, key: key ?? '' } : job);
      const { jobs, jobRules } = declared();
      return cancelJob({ ...openedClient(), jobs, jobRules }, id);
    },
    async runWorker(workerOptions = {}) {
      refuseClosed();
      checkOptions('runWorker', workerOptions, runWorkerOptions);
      const { workflows, bundle, activities = {}, applySchedules } = workerOptions;
      const [config, application] = readTogether(
        () => loadWorkerConfig(environment(), options.taskQueues ?? {}),
        declared,
      );
      const applies = applySchedules ?? config.DURABLE_JOBS_APPLY_SCHEDULES;
      const applied = applies ? schedules(config.TIME_ZONE) : undefined;
      // The SDK's worker is native code, which processes without a worker should not load.
      const { runWorker } = await import('../worker/run-worker.ts');
      working = runWorker(config, createLogger('worker', config.LOG_LEVEL), {
        subjectOf: application.subjectOf,
        stop: closing.signal,
        createApplication: (resources) => ({
          ...application,
          workflows: { workflows, bundle },
          activities: madeOf(activities, resources),
          schedules: applied,
        }),
      });
      try {
        await working;
      } catch (error) {
        // A caller that does not catch it ends the process with 1.
        if (error instanceof RefusedError) {
          process.once('exit', (code) => {
            if (code === 1) process.exitCode = error.exitCode;
          });
        }
        throw error;
      } finally {
        // Connections that job functions have opened would keep the process alive.
        if (!served) await close();
      }
    },
    async migrate() {
      const { database, LOG_LEVEL: level } = loadDatabaseConfig(environment());
      return applyMigrations(database, [libraryMigrations], { logger: createLogger('migrate', level) });
    },
    close,
    application: () => ({ ...declared(), environment: environment(), schedules }),
  };
}

/**
 * Returns the application's own definition of a job type, which includes what configuration adds to it.
 * @throws if the application has none, because no worker would run such a job.
 */
function ownDefinition({ jobs }: Declared, { type }: JobDefinition): JobDefinition {
  const own = jobs.find(type);
  if (!own) throw new Error(`The job ${type} was not passed to createDurableJobs.`);
  return own;
}

/** @throws {TypeError} if a start is to wait for a job that the application does not have. An invalid id is reported later. */
function refuseUnknownAwaited({ jobs }: Declared, options: EnqueueOptions | undefined): void {
  const awaited: unknown = options?.after?.job;
  const id: unknown =
    typeof awaited === 'object' && awaited !== null ? Reflect.get(awaited, 'jobId') : awaited;
  if (typeof id !== 'string' || idFault(id) !== undefined || definitionOf(jobs, id)) return;
  throw new TypeError(
    `after.job must be the id of a job that was passed to createDurableJobs, not ${quoted(id)}.`,
  );
}

/** The activities of a worker: those that were given, or created from its open resources. */
function madeOf(activities: NonNullable<RunWorkerOptions['activities']>, resources: WorkerResources): object {
  if (typeof activities !== 'function') return activities;
  return (activities as (resources: WorkerResources) => object)(resources);
}

/** Creates a value on first use. */
function lazily<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
