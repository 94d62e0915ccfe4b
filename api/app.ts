import { randomUUID } from 'node:crypto';
import express, { type Express } from 'express';
import helmet from 'helmet';
import { pinoHttp } from 'pino-http';
import type { AppDeps } from './deps.ts';
import { createOnceWith } from './idempotent.ts';
import { errorHandler, unknownRoute } from './middleware/errors.ts';
import { jsonBody } from './middleware/json-body.ts';
import { refuseOtherMethods } from './middleware/method-not-allowed.ts';
import { limitPublic } from './middleware/rate-limit.ts';
import { requireApiKey } from './middleware/require-api-key.ts';
import { authRoutes } from './routes/auth.ts';
import { findingRoutes } from './routes/findings.ts';
import { bulkJobRoutes } from './routes/bulk-jobs.ts';
import { docsRoutes } from './routes/docs.ts';
import { healthRoutes } from './routes/health.ts';
import { jobActionRoutes } from './routes/job-actions.ts';
import { jobRoutes } from './routes/jobs.ts';
import { passwordPageRoutes } from './routes/password-page.ts';
import { orderRoutes } from './routes/orders.ts';
import { reportRoutes } from './routes/reports.ts';
import { statsRoutes } from './routes/stats.ts';
import { processBulkRoutes } from './routes/process-bulk.ts';
import { scheduleRoutes } from './routes/schedules.ts';
import { serviceRoutes } from './routes/services.ts';
import { reconciliationRoutes } from './routes/reconciliations.ts';
import { stockRoutes } from './routes/stock.ts';
import { userRoutes } from './routes/users.ts';
import { workItemRoutes } from './routes/work-items.ts';

/** Builds the HTTP application; the caller listens, and closes what it handed in. */
export function createApp(deps: AppDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', deps.config.TRUST_PROXY_HOPS);
  app.use(
    pinoHttp({
      logger: deps.logger,
      genReqId: (_request, response) => {
        const id = randomUUID();
        response.setHeader('X-Request-Id', id);
        return id;
      },
      // Headers and query strings can hold secrets: the line says what was asked and how it went.
      serializers: {
        req: (request: { id: string; method: string; url: string }) => ({
          id: request.id,
          method: request.method,
          path: request.url.split('?')[0],
        }),
        res: (response: { statusCode: number }) => ({ status: response.statusCode }),
      },
      autoLogging: { ignore: (request) => request.url === '/healthz' || request.url === '/readyz' },
    }),
  );
  app.use(helmet());
  app.use(refuseOtherMethods(healthRoutes(deps)));

  app.use(refuseOtherMethods(passwordPageRoutes()));
  app.use(refuseOtherMethods(docsRoutes()));

  const createOnce = createOnceWith(deps);
  app.use(
    '/api/auth',
    limitPublic(deps.config.PUBLIC_RATE_LIMIT_PER_MINUTE),
    ...jsonBody,
    refuseOtherMethods(authRoutes(deps, createOnce)),
  );
  app.use('/api', requireApiKey(deps.config.apiKey));
  // Before the parser of JSON bodies: an upload is read as it comes.
  app.use('/api/bulk-jobs', refuseOtherMethods(bulkJobRoutes(deps)));
  app.use('/api', ...jsonBody);
  app.use('/api/process-bulk', refuseOtherMethods(processBulkRoutes(deps)));
  app.use('/api/users', refuseOtherMethods(userRoutes(deps)));
  app.use('/api/orders', refuseOtherMethods(orderRoutes(deps, createOnce)));
  app.use('/api/stock', refuseOtherMethods(stockRoutes(deps)));
  app.use('/api/jobs', refuseOtherMethods(jobActionRoutes(deps)));
  app.use('/api/jobs', refuseOtherMethods(jobRoutes(deps)));
  app.use('/api/reports', refuseOtherMethods(reportRoutes(deps)));
  app.use('/api/stats', refuseOtherMethods(statsRoutes(deps)));
  app.use('/api/schedules', refuseOtherMethods(scheduleRoutes(deps)));
  app.use('/api/reconciliations', refuseOtherMethods(reconciliationRoutes(deps)));
  app.use('/api/findings', refuseOtherMethods(findingRoutes(deps)));
  app.use('/api/services', refuseOtherMethods(serviceRoutes(deps)));
  app.use('/api/work-items', refuseOtherMethods(workItemRoutes(deps)));

  app.use(unknownRoute);
  app.use(errorHandler);
  return app;
}
