import { jobEffects } from '../../domain/effects.ts';
import { libraryJobProgress } from '../../packages/durable-jobs/src/library-job-rules.ts';
import { jobRules } from '../../domain/job-rules.ts';
import { jobs } from '../../contracts/catalogue.ts';
import { Client, Connection } from '@temporalio/client';
import type { Express } from 'express';
import { pino } from 'pino';
import { services } from '../../contracts/services.ts';
import { workKinds } from '../../contracts/work-items.ts';
import { createAuditTrail } from '../../packages/durable-jobs/src/access/audit.ts';
import { createApp } from '../../api/app.ts';
import { bulkTasks } from '../../domain/bulk-queries.ts';
import { ownTaskQueues } from '../../contracts/task-queues.ts';
import { createBulkUploads } from '../../packages/durable-jobs/src/bulk/uploads.ts';
import { loadShopApiConfig } from '../../domain/config.ts';
import { connectDatabase } from '../../packages/durable-jobs/src/database/connect.ts';
import type { Db } from '../../domain/database/schema.ts';
import { QueueWarnings } from '../../packages/durable-jobs/src/jobs/explain/queue-warnings.ts';
import { createDispatcher } from '../../packages/durable-jobs/src/jobs/outbox/dispatcher.ts';
import { createSecrets } from '../../packages/durable-jobs/src/process/secrets.ts';

/** Nothing listens at this address. */
const NOWHERE = '127.0.0.1:1';

/** Creates the application as it runs, by default with a database and an engine that cannot be reached. */
export function buildApp({ db, engine = NOWHERE }: { db?: Db; engine?: string } = {}): Express {
  const config = loadShopApiConfig({ NODE_ENV: 'test', DATABASE_URL: `postgres://nobody@${NOWHERE}/none` });
  const logger = pino({ level: 'silent' });
  const database =
    db ?? connectDatabase(config.DATABASE_URL, { poolSize: 1, logger, applicationName: 'test' });
  const temporal = new Client({ connection: Connection.lazy({ address: engine }) });
  return createApp({
    config,
    db: database,
    temporal,
    taskQueues: ownTaskQueues,
    dispatcher: createDispatcher({ db: database, client: temporal, jobs, jobRules, logger, timeoutMs: 1 }),
    jobs,
    jobRules,
    jobEffects,
    jobProgress: libraryJobProgress,
    audit: createAuditTrail({ db: database, logger }),
    bulkTasks,
    uploads: createBulkUploads({ db: database, logger }),
    queueWarnings: new QueueWarnings(temporal),
    secrets: createSecrets(config.appSecret),
    services,
    workKinds,
    logger,
    stopping: new AbortController().signal,
  });
}
