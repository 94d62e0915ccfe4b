import { Client, Connection } from '@temporalio/client';
import type { Express } from 'express';
import { pino } from 'pino';
import { createAuditTrail } from '../../api/access/audit.ts';
import { createApp } from '../../api/app.ts';
import { createBulkUploads } from '../../api/bulk/uploads.ts';
import { loadApiConfig } from '../../platform/config.ts';
import { connectDatabase, type Db } from '../../platform/database/connect.ts';
import { createDispatcher } from '../../platform/outbox/dispatcher.ts';
import { createSecrets } from '../../platform/secrets.ts';

/** Nothing listens there. */
const NOWHERE = '127.0.0.1:1';

/** Makes the application as it runs, with a database and an engine that can't be reached, unless they are given. */
export function buildApp({ db, engine = NOWHERE }: { db?: Db; engine?: string } = {}): Express {
  const config = loadApiConfig({ NODE_ENV: 'test', DATABASE_URL: `postgres://nobody@${NOWHERE}/none` });
  const logger = pino({ level: 'silent' });
  const database =
    db ?? connectDatabase(config.DATABASE_URL, { poolSize: 1, logger, applicationName: 'test' });
  const temporal = new Client({ connection: Connection.lazy({ address: engine }) });
  return createApp({
    config,
    db: database,
    temporal,
    dispatcher: createDispatcher({ db: database, client: temporal, logger, timeoutMs: 1 }),
    audit: createAuditTrail({ db: database, logger }),
    uploads: createBulkUploads({ db: database, logger }),
    secrets: createSecrets(config.appSecret),
    logger,
    stopping: new AbortController().signal,
  });
}
