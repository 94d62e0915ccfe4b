import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import { pinoHttp } from 'pino-http';
import { serializeError } from '../packages/durable-jobs/src/telemetry/log-error.ts';
import { LOCAL_API_KEY } from '../packages/durable-jobs/src/config/config.ts';
import type { AppDeps } from './deps.ts';
import { apiDescription } from './openapi/description.ts';
import { updateRefusals } from './update-refusals.ts';
import { apiReadiness } from '../packages/durable-jobs/src/http/readiness.ts';
import { createOnceWith } from '../packages/durable-jobs/src/jobs/create-once.ts';
import { securityHeaders } from '../packages/durable-jobs/src/access/security-headers.ts';
import { boundReads } from '../packages/durable-jobs/src/http/middleware/bound-reads.ts';
import { closeUnread } from '../packages/durable-jobs/src/http/middleware/body-within.ts';
import { errorHandler, unknownRoute } from '../packages/durable-jobs/src/http/middleware/errors.ts';
import { jsonBody } from '../packages/durable-jobs/src/http/middleware/json-body.ts';
import { requireLoopbackHost } from '../packages/durable-jobs/src/http/middleware/loopback-host.ts';
import { refuseUndescribed } from '../packages/durable-jobs/src/http/middleware/refuse-undescribed.ts';
import { requireOneHost } from '../packages/durable-jobs/src/http/middleware/one-host.ts';
import { observeRequests } from '../packages/durable-jobs/src/http/middleware/observe-requests.ts';
import { requirePlainTarget } from '../packages/durable-jobs/src/http/middleware/request-target.ts';
import { limitPublic } from '../packages/durable-jobs/src/http/middleware/rate-limit.ts';
import { authenticate, type Access } from '../packages/durable-jobs/src/access/authenticate.ts';
import { authorize } from '../packages/durable-jobs/src/access/authorize.ts';
import { createKeyDirectory } from '../packages/durable-jobs/src/access/key-directory.ts';
import { createLockout } from '../packages/durable-jobs/src/access/lockout.ts';
import { createSessions } from '../packages/durable-jobs/src/access/sessions.ts';
import {
  requireServedRoutes,
  roleByMethod,
  serveRoutes,
  type Guard,
} from '../packages/durable-jobs/src/http/routing/serve-routes.ts';
import { auditRoutes } from '../packages/durable-jobs/src/access/audit-routes.ts';
import { authRoutes } from './routes/auth.ts';
import { deadStartRoutes } from '../packages/durable-jobs/src/jobs/dead-starts/routes.ts';
import { deadLetterRoutes } from '../packages/durable-jobs/src/messages/dead-letter-routes.ts';
import { emailRoutes } from '../packages/durable-jobs/src/emails/routes.ts';
import { findingRoutes } from './routes/findings.ts';
import { bulkJobRoutes } from '../packages/durable-jobs/src/bulk/routes.ts';
import { allowOrigin, codecRoutes } from '../packages/durable-jobs/src/encryption/codec-routes.ts';
import { docsRoutes } from '../packages/durable-jobs/src/http/openapi/routes.ts';
import { healthRoutes } from '../packages/durable-jobs/src/http/health-routes.ts';
import { homeFileRoutes, homeRoutes } from '../packages/durable-jobs/src/console/routes.ts';
import { jobBatchRoutes } from '../packages/durable-jobs/src/bulk/act-on-jobs/routes.ts';
import { jobActionRoutes } from '../packages/durable-jobs/src/jobs/act/http/routes.ts';
import { jobRoutes } from '../packages/durable-jobs/src/jobs/routes.ts';
import { passwordPageRoutes } from './routes/password-page.ts';
import { orderMessageRoutes } from './routes/order-messages.ts';
import { orderRoutes } from './routes/orders.ts';
import { reportRoutes } from './routes/reports.ts';
import { statsRoutes } from './routes/stats.ts';
import { processBulkRoutes } from './routes/process-bulk.ts';
import { signInRoutes } from '../packages/durable-jobs/src/access/sign-in-routes.ts';
import { scheduleRoutes } from '../packages/durable-jobs/src/schedules/routes.ts';
import { serviceRoutes } from '../packages/durable-jobs/src/hosted-services/routes.ts';
import { reconciliationRoutes } from './routes/reconciliations.ts';
import { subjectRoutes } from './routes/subjects.ts';
import { stockRoutes } from './routes/stock.ts';
import { userRoutes } from './routes/users.ts';
import { workItemRoutes } from '../packages/durable-jobs/src/work-queue/routes.ts';

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
  serveRoutes(app, docsRoutes(apiDescription));
  serveRoutes(app, homeFileRoutes());

  const readBody = [...jsonBody(deps.config.BODY_TIMEOUT), refuseUndescribed(apiDescription.resources)];
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
    jobBatchRoutes(deps),
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
    deadStartRoutes(deps),
    subjectRoutes(deps),
    auditRoutes(deps),
  ]) {
    serveRoutes(app, routes, { guard, before: readBody });
  }

  // An unknown path says nothing without a key, and an attempt at a write is audited.
  app.use('/api', ...guard(roleByMethod));
  app.use(unknownRoute);
  app.use(errorHandler(updateRefusals));
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
