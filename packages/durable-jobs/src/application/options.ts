import type { OwnRoutes } from '../api/create-api.ts';
import type { ApiResources } from '../api/open-api.ts';
import type { BulkQueryDefinition, BulkTaskDefinition } from '../bulk/define-task.ts';
import type { Environment } from '../config/config.ts';
import type { TlsSettings } from '../config/tls.ts';
import type { People } from '../encryption/subject-keys.ts';
import type { TaskQueues } from '../engine/declared-queues.ts';
import type { ServiceDefinition } from '../hosted-services/define-service.ts';
import type { UpdateRefusals } from '../http/middleware/errors.ts';
import type { ResourceDocs } from '../http/openapi/describe.ts';
import type { ProblemKind } from '../http/problem-kinds.ts';
import type { JobRulesByType } from '../jobs/act/job-rules.ts';
import type { CreateOnce } from '../jobs/create-once.ts';
import type { JobDefinition } from '../jobs/job-definition.ts';
import type { JobEffectsByType } from '../jobs/timeline/effects.ts';
import type { MessageConsumerDefinition } from '../messages/define-consumer.ts';
import type { ScheduleInput } from '../schedules/definition.ts';
import type { WorkerResources } from '../worker/run-worker.ts';
import type { WorkItemDefinition } from '../work-queue/define-work-item.ts';

/** An endpoint that `callHttp` may call. */
export interface HttpTargetOptions {
  /** The base URL; the path of a call is appended to it. Required. */
  url: string | undefined;
  /** Signs each request: `whsec_` and 24 to 64 bytes in base64. Required. */
  secret: string | undefined;
  /** Time limit of one attempt, such as `10s`; `30s` by default. */
  timeout?: string;
  /** Allows requests to private networks and to this machine. */
  allowPrivateAddresses?: boolean;
}

/** The definitions of an application. All are optional. */
export interface Definitions {
  /** Jobs, created with `defineJob` and `defineWorkflow`. */
  jobs?: readonly JobDefinition[];
  /** Kinds of work items, created with `defineWorkItem`. */
  workItems?: readonly WorkItemDefinition[];
  /** Tasks of bulk jobs, created with `defineBulkTask`. */
  bulkTasks?: readonly BulkTaskDefinition[];
  /** Queries that find items for bulk tasks, created with `defineBulkQuery`. */
  bulkQueries?: readonly BulkQueryDefinition[];
  /** Hosted services, created with `defineService`. */
  services?: readonly ServiceDefinition[];
  /** Consumers of message queues, created with `defineMessageConsumer`. */
  consumers?: readonly MessageConsumerDefinition[];
  /** Message queues with the broker's address of each. Queues of consumers need not be listed. */
  queues?: Readonly<Record<string, string>>;
  /** Recurring jobs, created with `defineSchedule`, or a function that returns them for the time zone of `TIME_ZONE`. */
  schedules?: readonly ScheduleInput[] | ((timeZone: string) => readonly ScheduleInput[]);
  /** Rules for operators' actions, by job type. */
  rules?: JobRulesByType;
  /** Functions that read the effects of jobs for their timelines, by job type. */
  effects?: JobEffectsByType;
  /** Additional task queues for activities, each with its slots and rate. */
  taskQueues?: TaskQueues;
  /**
   * Endpoints that the job `callHttp` may call, by name. The job is available only if there are targets. By default they are read from the
   * JSON file that HTTP_TARGETS_FILE names. Keep secrets out of the code.
   */
  httpTargets?: Readonly<Record<string, HttpTargetOptions>> | undefined;
  /** Returns the id of the person whose key encrypts a job's payloads, given the workflow's id. */
  subjectOf?: People['subjectOf'];
}

/** The resources for an application's own routes: those of the library's routes, and creation under an `Idempotency-Key`. */
export interface RoutesContext extends ApiResources {
  createOnce: CreateOnce;
}

/** Routes of an application that are served together with the library's, and their API description. */
export interface ApplicationRoutes extends Partial<OwnRoutes> {
  docs?: readonly ResourceDocs[];
  /** Additional problems that its routes and rules respond with, created with `defineProblems`. */
  problems?: readonly ProblemKind[];
  /** Problems that correspond to the failures with which its workflows refuse an update, by the failure's `type`. */
  updateRefusals?: UpdateRefusals;
}

/** The connection to Temporal. Options that are omitted come from the TEMPORAL_* variables and the profile that they name. */
export interface TemporalOptions {
  /** Host and port, such as `127.0.0.1:7233`. */
  address?: string;
  namespace?: string;
  apiKey?: string;
  /** Enables TLS with the system's certificates. Client certificates are configured with the TEMPORAL_TLS_* variables. */
  tls?: boolean;
}

/** Options of `createDurableJobs`. */
export interface DurableJobsOptions extends Definitions {
  /** Returns routes and pages that are served behind the library's authentication. */
  routes?: (context: RoutesContext) => ApplicationRoutes;
  /**
   * The URL of the PostgreSQL database, and the size of each connection pool (10 by default). By default, the URL is read from
   * DATABASE_URL, and the certificates for TLS, in PEM format, from the DATABASE_TLS_* variables.
   */
  database?: string | { url?: string | undefined; poolSize?: number; tls?: TlsSettings } | undefined;
  temporal?: TemporalOptions;
  /** The variables of all other configuration; `process.env` by default. */
  env?: Environment;
}

/** Options of `runWorker`. */
export interface RunWorkerOptions {
  /**
   * The module that exports the application's workflows, as a path or a file URL. Jobs that are defined with `defineJob` do not need one.
   */
  workflows?: string | URL;
  /**
   * The bundle that `bundleWorkflows` created from the workflows, for production. Without it, workflows are bundled when the worker starts,
   * which takes seconds.
   */
  bundle?: string | URL;
  /** The activities that the workflows call, by name, or a function that creates them from the worker's open resources. */
  activities?: object | ((resources: WorkerResources) => object);
  /**
   * Whether to apply the declared schedules when the worker starts. Schedules are created and updated, but never removed. By default, only
   * if the variable DURABLE_JOBS_APPLY_SCHEDULES is `true`, as `durable-jobs dev` sets it for its own engine.
   */
  applySchedules?: boolean;
}
