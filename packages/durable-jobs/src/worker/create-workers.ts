import type { Client } from '@temporalio/client';
import { Worker, type NativeConnection } from '@temporalio/worker';
import { createBulkActivities } from '../bulk/activities.ts';
import { actOnJobsTask } from '../jobs/act/act-on-jobs-task.ts';
import type { BulkTaskRegistry } from '../bulk/task-registry.ts';
import { createCleanUpActivities } from '../../../../activities/clean-up.ts';
import { createDatabaseActivities } from './await-database.ts';
import { createEmailActivities } from '../../../../activities/emails.ts';
import { createErasureActivities } from '../../../../activities/erasure.ts';
import { createMaintenanceActivities } from '../../../../activities/maintenance.ts';
import { createOrderActivities } from '../../../../activities/orders.ts';
import { createReconciliationActivities } from '../../../../activities/reconciliation.ts';
import { createReportActivities } from '../../../../activities/reports.ts';
import type { RunnableService } from '../hosted-services/define-service.ts';
import { createServiceActivities } from '../hosted-services/run-service.ts';
import { libraryQueues, type TaskQueues } from '../engine/declared-queues.ts';
import type { ShopWorkerConfig as WorkerConfig } from '../../../../domain/config.ts';
import type { Db } from '../database/connect.ts';
import { processIdentity } from '../process/identity.ts';
import type { PayloadEncryption } from '../encryption/payload-encryption.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Mailer } from '../mail/mailer.ts';
import type { JobRulesByType } from '../jobs/act/job-rules.ts';
import type { JobRegistry } from '../jobs/registry.ts';
import type { PaymentProvider } from '../../../../domain/payments/provider.ts';
import type { Secrets } from '../process/secrets.ts';
import { workflowCode, type WorkflowCode } from '../../../../worker/bundle.ts';
import { AttemptNotes } from './attempt-notes.ts';
import { jobSinks } from './job-sinks.ts';
import { limitAttempts } from './limit-attempts.ts';
import { nameOutages } from './name-outages.ts';
import { observeAttempts } from './observe-attempts.ts';
import { RecordFailedAttempts } from './record-failed-attempts.ts';

/** What the activities of a worker work with. */
export interface WorkerDeps {
  db: Db;
  mailer: Mailer;
  payments: PaymentProvider;
  secrets: Secrets;
  logger: Logger;
  /** Absent where payloads are not encrypted. */
  encryption?: PayloadEncryption | undefined;
  /** For the sessions that hosted services have beside the pool. */
  databaseUrl: string;
  temporal: Client;
  jobs: JobRegistry;
  jobRules: JobRulesByType;
  bulkTasks: BulkTaskRegistry;
  /** The application's own task queues. */
  taskQueues: TaskQueues;
  /** The hosted services that this worker can run. */
  services: readonly RunnableService[];
  /** Aborts when the process begins to stop. */
  stopping: AbortSignal;
}

/** What of the configuration shapes the workers. */
export type WorkerSettings = Pick<
  WorkerConfig,
  | 'NODE_ENV'
  | 'PUBLIC_URL'
  | 'WORKER_TASK_QUEUES'
  | 'WORKER_SHUTDOWN_GRACE'
  | 'PAYMENTS_PER_SECOND'
  | 'TIME_ZONE'
  | 'REPORT_RECIPIENTS'
> &
  UpkeepSettings;

/** What of the configuration shapes reconciliation, clean-up and maintenance. */
export type UpkeepSettings = Pick<
  WorkerConfig,
  | 'RECONCILIATION_WINDOW'
  | 'RECONCILIATION_QUIET_TIME'
  | 'PASSWORD_RESET_RETENTION'
  | 'OUTBOX_RETENTION'
  | 'FAILED_ATTEMPTS_RETENTION'
  | 'AUDIT_RETENTION'
  | 'BULK_RETENTION'
  | 'WORK_ITEM_RETENTION'
  | 'ARCHIVE_AFTER'
  | 'ARCHIVE_RETENTION'
  | 'FINDINGS_RETENTION'
  | 'MESSAGE_RETENTION'
  | 'MAINTENANCE_RECIPIENTS'
>;

/** Every activity, by the name under which workflows call it. */
export function createActivities(deps: WorkerDeps, settings: WorkerSettings) {
  return {
    ...createEmailActivities({ ...deps, publicUrl: settings.PUBLIC_URL }),
    ...createOrderActivities(deps),
    ...createDatabaseActivities(deps),
    ...createBulkActivities({ ...deps, bulkTasks: deps.bulkTasks.with({ tasks: [actOnJobsTask] }) }),
    ...createReportActivities({
      ...deps,
      publicUrl: settings.PUBLIC_URL,
      reportTimeZone: settings.TIME_ZONE,
      reportRecipients: settings.REPORT_RECIPIENTS,
    }),
    ...createReconciliationActivities({ ...deps, settings }),
    ...createCleanUpActivities({ ...deps, retentions: settings }),
    ...createMaintenanceActivities({ ...deps, settings }),
    ...createErasureActivities(deps),
    ...createServiceActivities(deps, deps.services),
  };
}

const libraryLimits: TaskQueues = {
  [libraryQueues.jobs]: { slots: 50 },
  // Each holds a connection of the pool while it works.
  [libraryQueues.bulk]: { slots: 4 },
};

/**
 * Makes one worker for each task queue of the settings. They run once `run()` is called on each.
 * @throws where one can't be made, such as for a namespace that is not there; none is left behind then.
 */
export async function createWorkers(
  connection: NativeConnection,
  namespace: string,
  settings: WorkerSettings,
  deps: WorkerDeps,
  code: WorkflowCode = workflowCode(settings.NODE_ENV === 'production', deps.encryption !== undefined),
): Promise<Worker[]> {
  const { workflowModules, ...workflows } = code;
  const notes = new AttemptNotes(deps);
  const common = {
    connection,
    namespace,
    identity: processIdentity,
    activities: createActivities(deps, settings),
    ...(deps.encryption && { dataConverter: deps.encryption.dataConverter }),
    // Activities get this long to end before they are told to stop; it must be shorter than the platform's own limit.
    shutdownGraceTime: settings.WORKER_SHUTDOWN_GRACE,
    shutdownForceTime: settings.WORKER_SHUTDOWN_GRACE + 5_000,
    // The answer to a heartbeat brings a cancellation: by default one is sent after 80 % of the time-out only.
    maxHeartbeatThrottleInterval: 5_000,
    interceptors: {
      // The bundle has them already, where there is one.
      ...(workflowModules && { workflowModules }),
      activity: [
        limitAttempts(deps),
        observeAttempts,
        (context: ConstructorParameters<typeof RecordFailedAttempts>[0]) => ({
          inbound: new RecordFailedAttempts(context, { ...deps, notes }),
        }),
        nameOutages,
      ],
    },
  };
  const limits: TaskQueues = { ...deps.taskQueues, ...libraryLimits };
  const create = (taskQueue: string): Promise<Worker> => {
    const { slots, perSecond } = limits[taskQueue] ?? unknownQueue(taskQueue);
    return Worker.create({
      ...common,
      ...(taskQueue === libraryQueues.jobs && { ...workflows, sinks: jobSinks }),
      taskQueue,
      maxConcurrentActivityTaskExecutions: slots,
      ...(perSecond !== undefined && { maxTaskQueueActivitiesPerSecond: perSecond }),
    });
  };
  const made = await Promise.allSettled(settings.WORKER_TASK_QUEUES.map(create));
  const workers = made.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = made.find((result) => result.status === 'rejected');
  if (!failed) return workers;
  // A worker holds its connection until it has run; one that is left behind would keep the process alive.
  await Promise.allSettled(workers.map((worker) => worker.runUntil(Promise.resolve())));
  throw failed.reason;
}

function unknownQueue(name: string): never {
  throw new Error(`there is no task queue ${name}`);
}
