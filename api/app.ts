import express, { type Express } from 'express';
import helmet from 'helmet';
import { pinoHttp } from 'pino-http';
import { serializeError } from '../platform/log-error.ts';
import { LOCAL_API_KEY } from '../platform/config.ts';
import type { AppDeps } from './deps.ts';
import { apiReadiness } from './readiness.ts';
import { createOnceWith } from './idempotent.ts';
import { securityHeaders } from './access/security-headers.ts';
import { boundReads } from './middleware/bound-reads.ts';
import { errorHandler, unknownRoute } from './middleware/errors.ts';
import { jsonBody } from './middleware/json-body.ts';
import { refuseOtherMethods } from './middleware/method-not-allowed.ts';
import { observeRequests } from './middleware/observe-requests.ts';
import { requirePlainTarget } from './middleware/request-target.ts';
import { limitPublic } from './middleware/rate-limit.ts';
import { authenticate, type Access } from './access/authenticate.ts';
import { authorize } from './access/authorize.ts';
import { createKeyDirectory } from './access/key-directory.ts';
import { createLockout } from './access/lockout.ts';
import { createSessions } from './access/sessions.ts';
import { auditRoutes } from './routes/audit.ts';
import { authRoutes } from './routes/auth.ts';
import { deadLetterRoutes } from './routes/dead-letters.ts';
import { emailRoutes } from './routes/emails.ts';
import { findingRoutes } from './routes/findings.ts';
import { bulkJobRoutes } from './routes/bulk-jobs.ts';
import { allowOrigin, codecRoutes } from './routes/codec.ts';
import { docsRoutes } from './routes/docs.ts';
import { healthRoutes } from './routes/health.ts';
import { homeFileRoutes, homeRoutes } from './routes/home.ts';
import { jobActionRoutes } from './routes/job-actions.ts';
import { jobRoutes } from './routes/jobs.ts';
import { passwordPageRoutes } from './routes/password-page.ts';
import { orderMessageRoutes } from './routes/order-messages.ts';
import { orderRoutes } from './routes/orders.ts';
import { reportRoutes } from './routes/reports.ts';
import { statsRoutes } from './routes/stats.ts';
import { processBulkRoutes } from './routes/process-bulk.ts';
import { signInRoutes } from './routes/sign-in.ts';
import { scheduleRoutes } from './routes/schedules.ts';
import { serviceRoutes } from './routes/services.ts';
import { reconciliationRoutes } from './routes/reconciliations.ts';
import { subjectRoutes } from './routes/subjects.ts';
import { stockRoutes } from './routes/stock.ts';
import { userRoutes } from './routes/users.ts';
import { workItemRoutes } from './routes/work-items.ts';

/** Builds the HTTP application; the caller listens, and closes what it handed in. */
export function createApp(deps: AppDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', deps.config.TRUST_PROXY_HOPS);
  app.use(observeRequests);
  app.use(
    pinoHttp({
      logger: deps.logger,
      genReqId: (request) => request.id,
      // A request that is broken off ends outside of what it runs in, and its line still says whose it is.
      customSuccessObject: (request, _response, line: object) => ({ ...line, requestId: request.id }),
      customErrorObject: (request, _response, _error, line: object) => ({ ...line, requestId: request.id }),
      // Headers and query strings can hold secrets: the line says what was asked and how it went.
      serializers: {
        req: (request: { id: string; method: string; url: string }) => ({
          id: request.id,
          method: request.method,
          path: request.url.split('?')[0],
        }),
        res: (response: { statusCode: number }) => ({ status: response.statusCode }),
        err: serializeError,
      },
      autoLogging: { ignore: (request) => request.url === '/healthz' || request.url === '/readyz' },
    }),
  );
  app.use(helmet(securityHeaders));
  app.use(requirePlainTarget);
  app.use(refuseOtherMethods(healthRoutes(apiReadiness(deps))));

  app.use(refuseOtherMethods(passwordPageRoutes()));
  app.use(refuseOtherMethods(docsRoutes()));
  app.use(refuseOtherMethods(homeFileRoutes()));

  const parseJson = jsonBody(deps.config.BODY_TIMEOUT);
  const createOnce = createOnceWith(deps);
  app.use(
    '/api/auth',
    limitPublic(deps.config.PUBLIC_RATE_LIMIT_PER_MINUTE),
    ...parseJson,
    refuseOtherMethods(authRoutes(deps, createOnce)),
  );
  const access = createAccess(deps);
  app.use(refuseOtherMethods(signInRoutes(deps, access)));
  /** Whatever is not public goes behind this: who it is, the entry in the audit trail, and whether it is allowed. */
  const guard = [authenticate(access), deps.audit.audit, authorize, boundReads];
  app.use(refuseOtherMethods(homeRoutes(deps, guard)));
  app.use('/api', ...guard);
  const uiOrigin = new URL(deps.config.TEMPORAL_UI_URL).origin;
  app.use(
    '/codec',
    allowOrigin(uiOrigin),
    authenticate(access, { origin: uiOrigin, withoutSession: deps.config.apiKey === LOCAL_API_KEY }),
    deps.audit.audit,
    authorize,
    refuseOtherMethods(codecRoutes(deps)),
  );
  // Before the parser of JSON bodies: an upload is read as it comes.
  app.use('/api/bulk-jobs', refuseOtherMethods(bulkJobRoutes(deps)));
  app.use('/api', ...parseJson);
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
  app.use('/api/emails', refuseOtherMethods(emailRoutes(deps)));
  app.use('/api/services', refuseOtherMethods(serviceRoutes(deps)));
  app.use('/api/work-items', refuseOtherMethods(workItemRoutes(deps)));
  app.use('/api/order-messages', refuseOtherMethods(orderMessageRoutes(createOnce)));
  app.use('/api/dead-letters', refuseOtherMethods(deadLetterRoutes(deps)));

  app.use('/api/subjects', refuseOtherMethods(subjectRoutes(deps)));
  app.use('/api/audit', refuseOtherMethods(auditRoutes(deps)));

  app.use(unknownRoute);
  app.use(errorHandler);
  return app;
}

function createAccess(deps: AppDeps): Access {
  const { config, db, logger, secrets } = deps;
  const keys = createKeyDirectory({ db, logger, apiKey: config.apiKey });
  return {
    keys,
    sessions: createSessions({ secrets, keys, ttlMs: config.SESSION_TTL }),
    lockout: createLockout(
      {
        failures: config.KEY_FAILURES_PER_MINUTE,
        seconds: 60,
        because: 'Too many wrong keys came from this address.',
      },
      logger,
    ),
  };
}
