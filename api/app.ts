import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import { pinoHttp } from 'pino-http';
import { serializeError } from '../platform/log-error.ts';
import { LOCAL_API_KEY } from '../platform/config.ts';
import type { AppDeps } from './deps.ts';
import { apiReadiness } from './readiness.ts';
import { createOnceWith } from './idempotent.ts';
import { securityHeaders } from './access/security-headers.ts';
import { boundReads } from './middleware/bound-reads.ts';
import { closeUnread } from './middleware/body-within.ts';
import { errorHandler, unknownRoute } from './middleware/errors.ts';
import { jsonBody } from './middleware/json-body.ts';
import { requireLoopbackHost } from './middleware/loopback-host.ts';
import { refuseUndescribed } from './middleware/refuse-undescribed.ts';
import { requireOneHost } from './middleware/one-host.ts';
import { observeRequests } from './middleware/observe-requests.ts';
import { requirePlainTarget } from './middleware/request-target.ts';
import { limitPublic } from './middleware/rate-limit.ts';
import { authenticate, type Access } from './access/authenticate.ts';
import { authorize } from './access/authorize.ts';
import { createKeyDirectory } from './access/key-directory.ts';
import { createLockout } from './access/lockout.ts';
import { createSessions } from './access/sessions.ts';
import { requireServedRoutes, roleByMethod, serveRoutes, type Guard } from './routing/serve-routes.ts';
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
  app.use(closeUnread(deps.config.BODY_TIMEOUT));
  app.use(requireOneHost);
  if (deps.config.apiKey === LOCAL_API_KEY) app.use(requireLoopbackHost);
  app.use(requirePlainTarget);

  serveRoutes(app, healthRoutes(apiReadiness(deps)));
  serveRoutes(app, passwordPageRoutes());
  serveRoutes(app, docsRoutes());
  serveRoutes(app, homeFileRoutes());

  const readBody = [...jsonBody(deps.config.BODY_TIMEOUT), refuseUndescribed];
  const createOnce = createOnceWith(deps);
  serveRoutes(app, authRoutes(deps, createOnce), {
    before: [limitPublic(deps.config.PUBLIC_RATE_LIMIT_PER_MINUTE), ...readBody],
  });
  const access = createAccess(deps);
  serveRoutes(app, signInRoutes(deps, access));

  /** Whatever is not public is behind this: who sent it, the entry in the audit trail, and whether it is allowed. */
  const guardBy =
    (authentication: RequestHandler): Guard =>
    (roleFor) => [authentication, deps.audit.audit(roleFor), authorize(roleFor), boundReads];
  const guard = guardBy(authenticate(access));
  serveRoutes(app, homeRoutes(deps), { guard });

  const uiOrigin = new URL(deps.config.TEMPORAL_UI_URL).origin;
  app.use('/codec', allowOrigin(uiOrigin));
  serveRoutes(app, codecRoutes(deps), {
    guard: guardBy(
      authenticate(access, { origin: uiOrigin, withoutSession: deps.config.apiKey === LOCAL_API_KEY }),
    ),
  });

  // The parser of JSON bodies is not in front of all of them: an upload is read as it comes.
  serveRoutes(app, bulkJobRoutes(deps, readBody), { guard });
  for (const routes of [
    processBulkRoutes(deps),
    userRoutes(deps),
    orderRoutes(deps, createOnce),
    stockRoutes(deps),
    jobActionRoutes(deps),
    jobRoutes(deps),
    reportRoutes(deps),
    statsRoutes(deps),
    scheduleRoutes(deps),
    reconciliationRoutes(deps),
    findingRoutes(deps),
    emailRoutes(deps),
    serviceRoutes(deps),
    workItemRoutes(deps),
    orderMessageRoutes(createOnce),
    deadLetterRoutes(deps),
    subjectRoutes(deps),
    auditRoutes(deps),
  ]) {
    serveRoutes(app, routes, { guard, before: readBody });
  }

  // An unknown path says nothing without a key, and an attempt at a write is audited.
  app.use('/api', ...guard(roleByMethod));
  app.use(unknownRoute);
  app.use(errorHandler);
  requireServedRoutes(app);
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
