import type { OwnRoutes } from '../api/create-api.ts';
import type { ApiResources } from '../api/open-api.ts';
import type { BulkQueryDefinition, BulkTaskDefinition } from '../bulk/define-task.ts';
import type { Environment } from '../config/config.ts';
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
  /** What the path of a call is appended to. Required. */
  url: string | undefined;
  /** Signs each request: `whsec_` and 24 to 64 bytes in base64. Required. */
  secret: string | undefined;
  /** For one attempt, such as `10s`; `30s` unless it is given. */
  timeout?: string;
  /** Lets requests go to private networks and to this machine. */
  allowPrivateAddresses?: boolean;
}

/** What an application declares. All of it is optional. */
export interface Definitions {
  /** Jobs, by `defineJob` and `defineWorkflow`. */
  jobs?: readonly JobDefinition[];
  /** Kinds of work items, by `defineWorkItem`. */
  workItems?: readonly WorkItemDefinition[];
  /** Tasks of bulk jobs, by `defineBulkTask`. */
  bulkTasks?: readonly BulkTaskDefinition[];
  /** Queries that find items for bulk tasks, by `defineBulkQuery`. */
  bulkQueries?: readonly BulkQueryDefinition[];
  /** Hosted services, by `defineService`. */
  services?: readonly ServiceDefinition[];
  /** Consumers of message queues, by `defineMessageConsumer`. */
  consumers?: readonly MessageConsumerDefinition[];
  /** Message queues and the address that the broker knows each by; those of consumers need not be listed. */
  queues?: Readonly<Record<string, string>>;
  /** Recurring jobs, by `defineSchedule`, or a function that makes them for the time zone of `TIME_ZONE`. */
  schedules?: readonly ScheduleInput[] | ((timeZone: string) => readonly ScheduleInput[]);
  /** Rules for operators' actions, by job type. */
  rules?: JobRulesByType;
  /** How the effects of jobs are read for their timelines, by job type. */
  effects?: JobEffectsByType;
  /** Task queues for activities beside the library's, each with its slots and rate. */
  taskQueues?: TaskQueues;
  /**
   * Endpoints that the job `callHttp` may call, by name; with them, the job is offered. Absent, they are in the JSON file that
   * HTTP_TARGETS_FILE names. Keep secrets out of the code.
   */
  httpTargets?: Readonly<Record<string, HttpTargetOptions>> | undefined;
  /** Whose key encrypts a job's payloads: names the person whom a workflow works for, by its id. */
  subjectOf?: People['subjectOf'];
}

/** What an application's own routes work with: what the library's do, and creation under an `Idempotency-Key`. */
export interface RoutesContext extends ApiResources {
  createOnce: CreateOnce;
}

/** Routes of an application that are served with the library's, and what the API document says of them. */
export interface ApplicationRoutes extends Partial<OwnRoutes> {
  docs?: readonly ResourceDocs[];
  /** Problems of its own that its routes and rules answer with, as `defineProblems` gives them. */
  problems?: readonly ProblemKind[];
  /** Problems for the failures with which its workflows refuse an update, by the failure's `type`. */
  updateRefusals?: UpdateRefusals;
}

/** How to reach Temporal. What is left out comes from the TEMPORAL_* variables and the profile that they name. */
export interface TemporalOptions {
  /** Such as `127.0.0.1:7233`. */
  address?: string;
  namespace?: string;
  apiKey?: string;
  /** TLS with the system's certificates; client certificates are named by the TEMPORAL_TLS_* variables. */
  tls?: boolean;
}

/** What `createDurableJobs` is given. */
export interface DurableJobsOptions extends Definitions {
  /** Routes and pages that are served behind the library's keys. */
  routes?: (context: RoutesContext) => ApplicationRoutes;
  /** The URL of the PostgreSQL database, with the size of each pool where it is not 10; absent, DATABASE_URL. */
  database?: string | { url?: string | undefined; poolSize?: number } | undefined;
  temporal?: TemporalOptions;
  /** Where all else is configured; absent, `process.env`. */
  env?: Environment;
}

/** What `runWorker` is given. */
export interface RunWorkerOptions {
  /**
   * The module that exports the application's workflows, as a path or a file URL. Without it, the application has none beside the
   * library's, which run its jobs that are one function.
   */
  workflows?: string | URL;
  /**
   * The bundle that `bundleWorkflows` has made of them for production. Without it, workflows are bundled when the worker starts,
   * which takes seconds.
   */
  bundle?: string | URL;
  /** The activities that the workflows call, by name, or a function that makes them of what the worker has open. */
  activities?: object | ((resources: WorkerResources) => object);
  /** Applies the declared schedules when the worker starts: creates and updates, and removes none. False by default. */
  applySchedules?: boolean;
}
