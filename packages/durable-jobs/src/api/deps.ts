import type { Client } from '@temporalio/client';
import type { AuditTrail } from '../access/audit.ts';
import type { BulkTaskRegistry } from '../bulk/task-registry.ts';
import type { BulkUploads } from '../bulk/uploads.ts';
import type { ApiConfig } from '../config/config.ts';
import type { Db } from '../database/connect.ts';
import type { TaskQueues } from '../engine/declared-queues.ts';
import type { PayloadEncryption } from '../encryption/payload-encryption.ts';
import type { ServiceRegistry } from '../hosted-services/service-registry.ts';
import type { WorkKindRegistry } from '../work-queue/work-kinds.ts';
import type { UpdateRefusals } from '../http/middleware/errors.ts';
import type { ApiDescription } from '../http/openapi/document.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { JobRulesByType } from '../jobs/act/job-rules.ts';
import type { JobProgressByType } from '../jobs/progress.ts';
import type { JobRegistry } from '../jobs/registry.ts';
import type { JobEffectsByType } from '../jobs/timeline/effects.ts';
import type { QueueWarnings } from '../jobs/explain/queue-warnings.ts';
import type { Dispatcher } from '../jobs/outbox/dispatcher.ts';
import type { Secrets } from '../process/secrets.ts';

/** The configuration that shapes the HTTP application. */
export type ApiSettings = Pick<
  ApiConfig,
  | 'apiKey'
  | 'API_BASE_PATH'
  | 'API_HOST'
  | 'BODY_TIMEOUT'
  | 'BULK_MAX_BYTES'
  | 'BULK_MAX_ITEMS'
  | 'BULK_UPLOAD_IDLE'
  | 'ENGINE_TIMEOUT'
  | 'KEY_FAILURES_PER_MINUTE'
  | 'NODE_ENV'
  | 'PUBLIC_RATE_LIMIT_PER_MINUTE'
  | 'SESSION_TTL'
  | 'TEMPORAL_UI_URL'
  | 'TIME_ZONE'
  | 'TRUST_PROXY_HOPS'
>;

/** Dependencies of the routes of the library. */
export interface ApiDeps {
  config: ApiSettings;
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
  /** Absent if payloads are not encrypted. */
  encryption?: PayloadEncryption | undefined;
  secrets: Secrets;
  services: ServiceRegistry;
  /** What those who start jobs are told about their queues. */
  queueWarnings: QueueWarnings;
  workKinds: WorkKindRegistry;
  /** What the API document is generated from, and what tests check requests against. */
  description: ApiDescription;
  /** Problems that correspond to the failures with which an application's workflows refuse an update. */
  updateRefusals: UpdateRefusals;
  logger: Logger;
  /** Aborts when the process is asked to stop, which ends streaming responses. */
  stopping: AbortSignal;
}
