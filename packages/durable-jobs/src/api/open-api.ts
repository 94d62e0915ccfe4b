import { setMaxListeners } from 'node:events';
import { createAuditTrail } from '../access/audit.ts';
import { createBulkUploads } from '../bulk/uploads.ts';
import type { ApiConfig } from '../config/config.ts';
import { keepNotingUse, requirePayloadKeys } from '../encryption/check-keys.ts';
import { logEngine } from '../engine/address.ts';
import { watchEngine } from '../engine/await-engine.ts';
import { QueueWarnings } from '../jobs/explain/queue-warnings.ts';
import { NotesCheck } from '../jobs/list/failing-jobs.ts';
import { libraryJobProgress } from '../library-job-rules.ts';
import { createSecrets } from '../process/secrets.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { ApiDeps } from './deps.ts';
import type { ClientApplication, OpenClient } from './open-client.ts';

/** The definitions that an application passes to its APIs. */
export interface ApiDefinitions
  extends
    ClientApplication,
    Pick<ApiDeps, 'bulkTasks' | 'jobEffects' | 'services' | 'taskQueues' | 'workKinds'> {}

/** What an API opens, from which an application builds its HTTP application. */
export type ApiResources = Omit<ApiDeps, 'description' | 'updateRefusals'>;

/** The open resources of an API. */
export interface OpenApi {
  resources: ApiResources;
  /**
   * Runs the API's background work until {@link OpenApi.stop} is called.
   * @throws {ConfigError} if its keys are not those that histories are encrypted with.
   */
  watch: () => Promise<void>;
  /** Ends streaming responses and {@link OpenApi.watch}. */
  stop: () => void;
  /** Resolves when no background work of requests is left. */
  drain: () => Promise<void>;
}

/** Opens the resources of an API on top of `client`, and logs which engine it uses. */
export function openApi(
  config: ApiConfig,
  logger: Logger,
  { subjectOf: _, ...definitions }: ApiDefinitions,
  client: OpenClient,
): OpenApi {
  logEngine(logger, config.temporal);
  const { db, temporal, dispatcher, encryption } = client;
  const audit = createAuditTrail({ db, logger });
  const uploads = createBulkUploads({ db, logger });
  const queueWarnings = new QueueWarnings(temporal);
  const { jobs } = definitions;
  const queues = [...new Set(jobs.schedulable.map((type) => jobs.get(type).taskQueue))];
  const stopping = new AbortController();
  const { signal } = stopping;
  // Every open stream adds a listener.
  setMaxListeners(0, signal);
  return {
    resources: {
      ...definitions,
      config,
      db,
      temporal,
      dispatcher,
      jobProgress: libraryJobProgress,
      audit,
      uploads,
      queueWarnings,
      encryption,
      secrets: createSecrets(config.appSecret),
      logger,
      stopping: signal,
    },
    async watch() {
      // No payload is passed to the engine without the database, which the check waits for.
      await requirePayloadKeys(db, config.PAYLOAD_KEYS, { logger, signal });
      await Promise.all([
        keepNotingUse(db, config.PAYLOAD_KEYS, { logger, signal }),
        queueWarnings.watch(queues, signal),
        new NotesCheck({ db, client: temporal, jobs, logger }).run(signal),
        watchEngine(config.temporal, { client: temporal, logger }, signal),
      ]);
    },
    stop: () => stopping.abort(),
    async drain() {
      await uploads.drain();
      await dispatcher.drain();
      await audit.drain();
    },
  };
}
