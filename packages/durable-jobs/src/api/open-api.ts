import { setMaxListeners } from 'node:events';
import { createAuditTrail } from '../access/audit.ts';
import { createBulkUploads } from '../bulk/uploads.ts';
import type { ApiConfig } from '../config/config.ts';
import { keepNotingUse, requirePayloadKeys } from '../encryption/check-keys.ts';
import { NotesCheck } from '../jobs/list/failing-jobs.ts';
import { libraryJobProgress } from '../library-job-rules.ts';
import { createSecrets } from '../process/secrets.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { ApiDeps } from './deps.ts';
import type { ClientApplication, OpenClient } from './open-client.ts';

/** What an application hands to its APIs. */
export interface ApiDefinitions
  extends
    ClientApplication,
    Pick<ApiDeps, 'bulkTasks' | 'jobEffects' | 'services' | 'taskQueues' | 'workKinds'> {}

/** What an API opens, and an application builds its HTTP application from. */
export type ApiResources = Omit<ApiDeps, 'description' | 'updateRefusals'>;

/** What an API works with while it serves. */
export interface OpenApi {
  resources: ApiResources;
  /**
   * Does what an API does beside its requests, until {@link OpenApi.stop} is called.
   * @throws {ConfigError} where its keys are not those that histories are encrypted with.
   */
  watch: () => Promise<void>;
  /** Ends the answers that would never end by themselves, and {@link OpenApi.watch}. */
  stop: () => void;
  /** Resolves when nothing that requests have left behind is under way any more. */
  drain: () => Promise<void>;
}

/** Makes what an API works with, of what `client` has open. */
export function openApi(
  config: ApiConfig,
  logger: Logger,
  { subjectOf: _, ...definitions }: ApiDefinitions,
  client: OpenClient,
): OpenApi {
  const { db, temporal, dispatcher, encryption } = client;
  const audit = createAuditTrail({ db, logger });
  const uploads = createBulkUploads({ db, logger });
  const stopping = new AbortController();
  const { signal } = stopping;
  // Each open stream waits for it.
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
      encryption,
      secrets: createSecrets(config.appSecret),
      logger,
      stopping: signal,
    },
    async watch() {
      // Nothing is given to the engine without the database that the check waits for.
      await requirePayloadKeys(db, config.PAYLOAD_KEYS, { logger, signal });
      await Promise.all([
        keepNotingUse(db, config.PAYLOAD_KEYS, { logger, signal }),
        new NotesCheck({ db, client: temporal, jobs: definitions.jobs, logger }).run(signal),
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
