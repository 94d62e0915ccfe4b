import type { Client } from '@temporalio/client';
import { Worker, type NativeConnection } from '@temporalio/worker';
import type { Pool } from 'pg';
import { createBulkActivities } from '../bulk/activities.ts';
import { tasksOnJobs } from '../bulk/act-on-jobs/tasks.ts';
import type { BulkTaskRegistry } from '../bulk/task-registry.ts';
import { createDatabaseActivities } from '../engine/await-database.ts';
import type { RunnableService } from '../hosted-services/define-service.ts';
import { createServiceActivities } from '../hosted-services/run-service.ts';
import type { Stay } from '../hosted-services/stays.ts';
import { libraryQueues, slotsOf, type TaskQueues } from '../engine/declared-queues.ts';
import { SMTP_CONNECTIONS } from '../mail/mailer.ts';
import type { WorkerConfig } from '../config/config.ts';
import type { Db } from '../database/connect.ts';
import type { DatabaseServer } from '../database/server.ts';
import { checkDatabase } from '../database/check-database.ts';
import { createPolicyActivities, createRunActivities } from '../jobs/run/activities.ts';
import { isFunctionJob } from '../jobs/run/define-job.ts';
import { processIdentity } from '../process/identity.ts';
import type { PayloadEncryption } from '../encryption/payload-encryption.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { JobRulesByType } from '../jobs/act/job-rules.ts';
import type { JobRegistry } from '../jobs/registry.ts';
import { versionOf } from './version-of.ts';
import { DEFAULT_BEHAVIOR } from './versioned-bundle.ts';
import type { WorkflowCode } from './workflow-code.ts';
import { AttemptNotes } from './attempt-notes.ts';
import { boundFailures } from './bound-failures.ts';
import { cacheSize } from './cache-size.ts';
import { EndNotices } from './end-notices.ts';
import { createJobSinks } from './job-sinks.ts';
import { limitAttempts } from './limit-attempts.ts';
import { nameOutages } from './name-outages.ts';
import { observeAttempts } from './observe-attempts.ts';
import { RecordFailedAttempts } from './record-failed-attempts.ts';
import { refuseLateAttempts } from './refuse-late-attempts.ts';

/** The resources and definitions that workers are created from. */
export interface WorkerDeps {
  db: Db;
  /** For the functions of jobs: connections to the same database, on which the application's tables are found. */
  pool: Pool;
  logger: Logger;
  /** Absent if payloads are not encrypted. */
  encryption?: PayloadEncryption | undefined;
  /** For the sessions of hosted services outside of the pool. */
  database: DatabaseServer;
  temporal: Client;
  jobs: JobRegistry;
  jobRules: JobRulesByType;
  bulkTasks: BulkTaskRegistry;
  /** The application's own task queues. */
  taskQueues: TaskQueues;
  /** The application's own activities, by name. */
  activities: object;
  workflowCode: WorkflowCode;
  /** The hosted services that this worker can run. */
  services: readonly RunnableService[];
  /** Aborts when the process begins to stop. */
  stopping: AbortSignal;
  /** Notes that a hosted service begins. Absent for workers without a version. */
  stay?: (() => Stay) | undefined;
}

/** The settings of the workers. */
export type WorkerSettings = Pick<
  WorkerConfig,
  | 'WORKER_TASK_QUEUES'
  | 'WORKER_SHUTDOWN_GRACE'
  | 'WORKER_CACHED_JOBS'
  | 'DATABASE_POOL_SIZE'
  | 'WORKER_DEPLOYMENT'
  | 'WORKER_BUILD_ID'
>;

/**
 * Returns every activity of the library and the application, by the name that workflows use.
 * @throws if the application has an activity with a name of the library's.
 */
function allActivities(deps: WorkerDeps): object {
  const functionJobs = deps.jobs.all.filter(isFunctionJob);
  const own = {
    ...createDatabaseActivities(deps),
    ...createBulkActivities({ ...deps, bulkTasks: deps.bulkTasks.with({ tasks: tasksOnJobs }) }),
    ...createServiceActivities(deps, deps.services),
    ...createPolicyActivities(functionJobs),
    ...createRunActivities(functionJobs, {
      db: deps.pool,
      logger: deps.logger,
      checkDatabase: () => checkDatabase(deps.db),
    }),
  };
  const taken = Object.keys(deps.activities).find((name) => Object.hasOwn(own, name));
  if (taken !== undefined) throw new Error(`The activity ${taken} is one of the library's own.`);
  return { ...own, ...deps.activities };
}

/** Returns the limits of the library's task queues for a worker with this number of hosted services. */
const libraryLimits = (services: number): TaskQueues => ({
  // Most of them wait for the database for milliseconds.
  [libraryQueues.jobs]: { slotsPerConnection: 5 },
  // More would only wait for a connection to the mail server.
  [libraryQueues.mail]: { slots: SMTP_CONNECTIONS },
  // Each holds a connection of the pool while it works.
  [libraryQueues.bulk]: { slotsPerConnection: 0.4 },
  // One worker can run all of them, and keeps polling: otherwise the engine would list no worker for the queue.
  [libraryQueues.services]: { slots: services + 1 },
});

/**
 * Options of the task queue `services`. With one poll per worker, workers that start at the same time take turns. The response to a heartbeat
 * delivers a pause, and services send extra heartbeats for it.
 */
const serviceQueueOptions = { maxConcurrentActivityTaskPolls: 1, maxHeartbeatThrottleInterval: 1_000 };

/**
 * Creates one worker for each task queue of the settings. They run when `run()` is called on each.
 * @throws if one cannot be created, for example because the namespace does not exist. The others are closed in that case.
 */
export async function createWorkers(
  connection: NativeConnection,
  namespace: string,
  settings: WorkerSettings,
  deps: WorkerDeps,
): Promise<Worker[]> {
  const { workflowModules, ...workflows } = deps.workflowCode;
  const version = versionOf(settings);
  const notes = new AttemptNotes(deps);
  const ends = new EndNotices(deps);
  const sinks = createJobSinks((jobId) => ends.note(jobId));
  const common = {
    connection,
    namespace,
    identity: processIdentity,
    activities: allActivities(deps),
    ...(deps.encryption && { dataConverter: deps.encryption.dataConverter }),
    // In every queue, so that the activities of a pinned run go to its version too.
    ...(version && {
      workerDeploymentOptions: {
        version,
        useWorkerVersioning: true as const,
        defaultVersioningBehavior: DEFAULT_BEHAVIOR,
      },
    }),
    // How long activities may continue before they are cancelled. It must be shorter than the platform's own limit.
    shutdownGraceTime: settings.WORKER_SHUTDOWN_GRACE,
    shutdownForceTime: settings.WORKER_SHUTDOWN_GRACE + 5_000,
    // The response to a heartbeat delivers a cancellation. By default, a heartbeat is only sent after 80 % of its
    // timeout.
    maxHeartbeatThrottleInterval: 5_000,
    interceptors: {
      // If there is a bundle, it already contains them.
      ...(workflowModules && { workflowModules }),
      activity: [
        // The outermost: what it refuses is no attempt for the others.
        refuseLateAttempts(),
        limitAttempts(deps),
        observeAttempts,
        (context: ConstructorParameters<typeof RecordFailedAttempts>[0]) => ({
          inbound: new RecordFailedAttempts(context, { ...deps, notes }),
        }),
        nameOutages(() => checkDatabase(deps.db)),
        // The innermost, so that the others record what the engine stores.
        boundFailures,
      ],
    },
  };
  const limits: TaskQueues = { ...deps.taskQueues, ...libraryLimits(deps.services.length) };
  const create = (taskQueue: string): Promise<Worker> => {
    const queue = limits[taskQueue] ?? unknownQueue(taskQueue);
    const { perSecond } = queue;
    return Worker.create({
      ...common,
      ...(taskQueue === libraryQueues.jobs && {
        ...workflows,
        sinks,
        ...cacheSize(settings.WORKER_CACHED_JOBS),
      }),
      taskQueue,
      ...(taskQueue === libraryQueues.services && serviceQueueOptions),
      maxConcurrentActivityTaskExecutions: slotsOf(queue, settings.DATABASE_POOL_SIZE),
      ...(perSecond !== undefined && { maxTaskQueueActivitiesPerSecond: perSecond }),
    });
  };
  const made = await Promise.allSettled(settings.WORKER_TASK_QUEUES.map(create));
  const workers = made.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = made.find((result) => result.status === 'rejected');
  if (!failed) return workers;
  // A worker holds its connection until it has run; one that is never run would keep the process alive.
  await Promise.allSettled(workers.map((worker) => worker.runUntil(Promise.resolve())));
  throw failed.reason;
}

function unknownQueue(name: string): never {
  throw new Error(`the task queue ${name} does not exist`);
}
