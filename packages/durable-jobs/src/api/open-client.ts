import type { Client } from '@temporalio/client';
import { ConfigError, type ClientConfig } from '../config/config.ts';
import { connectDatabase, type Db } from '../database/connect.ts';
import { checkPayloadKeys, NOTE_EVERY_MS } from '../encryption/check-keys.ts';
import { clientEncryption, type PayloadEncryption } from '../encryption/payload-encryption.ts';
import type { People } from '../encryption/subject-keys.ts';
import { createTemporalClient } from '../engine/client.ts';
import type { JobRulesByType } from '../jobs/act/job-rules.ts';
import { createDispatcher, type Dispatcher } from '../jobs/outbox/dispatcher.ts';
import type { JobRegistry } from '../jobs/registry.ts';
import type { Logger } from '../telemetry/logger.ts';

/** The part of an application that a process needs to start its jobs. */
export interface ClientApplication {
  jobs: JobRegistry;
  jobRules: JobRulesByType;
  /** Finds the person whose key encrypts a job's payloads. */
  subjectOf: People['subjectOf'];
}

/** The open resources for starting and reading jobs. */
export interface OpenClient {
  db: Db;
  temporal: Client;
  dispatcher: Dispatcher;
  /** Absent if payloads are not encrypted. */
  encryption: PayloadEncryption | undefined;
  /**
   * Resolves if this process has the keys that histories are encrypted with.
   * @throws {ConfigError} otherwise.
   */
  requireKeys: () => Promise<void>;
  /** Ends work in progress and closes the connections. */
  close: () => Promise<void>;
}

/**
 * Opens the resources for starting jobs. Nothing connects before it is used. `name` is the application name of its database connections.
 */
export function openClient(
  config: ClientConfig,
  logger: Logger,
  { jobs, jobRules, subjectOf }: ClientApplication,
  name: string,
): OpenClient {
  const db = connectDatabase(config.database, {
    poolSize: config.DATABASE_POOL_SIZE,
    logger,
    applicationName: `durable-jobs-${name}`,
  });
  const encryption = clientEncryption(config, { db, subjectOf });
  const temporal = createTemporalClient(config.temporal, `${name}:${process.pid}`, encryption);
  const dispatcher = createDispatcher({
    db,
    client: temporal.client,
    jobs,
    jobRules,
    logger,
    timeoutMs: config.ENGINE_TIMEOUT,
  });
  let checkKeysAt = 0;
  return {
    db,
    temporal: temporal.client,
    dispatcher,
    encryption,
    async requireKeys() {
      if (performance.now() < checkKeysAt) return;
      const problems = await checkPayloadKeys(db, config.PAYLOAD_KEYS);
      if (problems.length > 0) throw new ConfigError(problems);
      // The check records that the key is in use, which must stay visible as long as it is used.
      checkKeysAt = performance.now() + NOTE_EVERY_MS;
    },
    async close() {
      await dispatcher.drain();
      await db.destroy();
      await temporal.close();
    },
  };
}
