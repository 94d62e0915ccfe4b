import type { Client } from '@temporalio/client';
import type { AuditTrail } from '../packages/durable-jobs/src/access/audit.ts';
import type { BulkTaskRegistry } from '../packages/durable-jobs/src/bulk/task-registry.ts';
import type { BulkUploads } from '../packages/durable-jobs/src/bulk/uploads.ts';
import type { ShopApiConfig } from '../domain/config.ts';
import type { Db } from '../domain/database/schema.ts';
import type { TaskQueues } from '../packages/durable-jobs/src/engine/declared-queues.ts';
import type { PayloadEncryption } from '../packages/durable-jobs/src/encryption/payload-encryption.ts';
import type { ServiceRegistry } from '../packages/durable-jobs/src/hosted-services/service-registry.ts';
import type { WorkKindRegistry } from '../packages/durable-jobs/src/work-queue/work-kinds.ts';
import type { Logger } from '../packages/durable-jobs/src/telemetry/logger.ts';
import type { JobRulesByType } from '../packages/durable-jobs/src/jobs/act/job-rules.ts';
import type { JobRegistry } from '../packages/durable-jobs/src/jobs/registry.ts';
import type { JobProgressByType } from '../packages/durable-jobs/src/jobs/progress.ts';
import type { JobEffectsByType } from '../packages/durable-jobs/src/jobs/timeline/effects.ts';
import type { Dispatcher } from '../packages/durable-jobs/src/jobs/outbox/dispatcher.ts';
import type { Secrets } from '../packages/durable-jobs/src/process/secrets.ts';

/** What of the configuration shapes the application. */
export type AppConfig = Pick<
  ShopApiConfig,
  | 'apiKey'
  | 'BODY_TIMEOUT'
  | 'BULK_MAX_BYTES'
  | 'BULK_MAX_ITEMS'
  | 'BULK_UPLOAD_IDLE'
  | 'ENGINE_TIMEOUT'
  | 'KEY_FAILURES_PER_MINUTE'
  | 'PASSWORD_RESET_DELAY'
  | 'PUBLIC_RATE_LIMIT_PER_MINUTE'
  | 'SESSION_TTL'
  | 'TEMPORAL_UI_URL'
  | 'TIME_ZONE'
  | 'TRUST_PROXY_HOPS'
>;

/** What the application works with. */
export interface AppDeps {
  config: AppConfig;
  db: Db;
  temporal: Client;
  /** The application's own task queues. */
  taskQueues: TaskQueues;
  dispatcher: Dispatcher;
  jobs: JobRegistry;
  jobRules: JobRulesByType;
  jobEffects: JobEffectsByType;
  jobProgress: JobProgressByType;
  audit: AuditTrail;
  uploads: BulkUploads;
  bulkTasks: BulkTaskRegistry;
  /** Absent where payloads are not encrypted. */
  encryption?: PayloadEncryption | undefined;
  secrets: Secrets;
  services: ServiceRegistry;
  workKinds: WorkKindRegistry;
  logger: Logger;
  /** Aborts when the process is asked to stop: answers that would never end by themselves end then. */
  stopping: AbortSignal;
}
