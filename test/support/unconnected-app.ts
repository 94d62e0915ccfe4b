import { Client, Connection } from '@temporalio/client';
import type { Express } from 'express';
import { pino } from 'pino';
import { createAuditTrail } from '../../api/access/audit.ts';
import { createApp } from '../../api/app.ts';
import { loadApiConfig } from '../../platform/config.ts';
import { connectDatabase } from '../../platform/database/connect.ts';
import { createDispatcher } from '../../platform/outbox/dispatcher.ts';
import { createSecrets } from '../../platform/secrets.ts';

/** Makes the application as it runs, with a database and an engine that can't be reached. */
export function buildApp(): Express {
  const config = loadApiConfig({ NODE_ENV: 'test', DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' });
  const logger = pino({ level: 'silent' });
  const db = connectDatabase(config.DATABASE_URL, { poolSize: 1, logger, applicationName: 'test' });
  const temporal = new Client({ connection: Connection.lazy({ address: '127.0.0.1:1' }) });
  return createApp({
    config,
    db,
    temporal,
    dispatcher: createDispatcher({ db, client: temporal, logger, timeoutMs: 1 }),
    audit: createAuditTrail({ db, logger }),
    secrets: createSecrets(config.appSecret),
    logger,
    stopping: new AbortController().signal,
  });
}
