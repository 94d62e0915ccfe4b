import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import { pinoHttp } from 'pino-http';
import { serializeError } from '../telemetry/log-error.ts';
import { LOCAL_API_KEY } from '../config/config.ts';
import { apiReadiness } from '../http/readiness.ts';
import { createOnceWith, type CreateOnce } from '../jobs/create-once.ts';
import { securityHeaders } from '../access/security-headers.ts';
import { boundReads } from '../http/middleware/bound-reads.ts';
import { closeUnread } from '../http/middleware/body-within.ts';
import { errorHandler, unknownRoute } from '../http/middleware/errors.ts';
import { jsonBody } from '../http/middleware/json-body.ts';
import { requireLoopbackHost } from '../http/middleware/loopback-host.ts';
import { refuseUndescribed } from '../http/middleware/refuse-undescribed.ts';
import { requireOneHost } from '../http/middleware/one-host.ts';
import { observeRequests } from '../http/middleware/observe-requests.ts';
import { requirePlainTarget } from '../http/middleware/request-target.ts';
import { limitPublic } from '../http/middleware/rate-limit.ts';
import { authenticate, type Access } from '../access/authenticate.ts';
import { authorize } from '../access/authorize.ts';
import { createKeyDirectory } from '../access/key-directory.ts';
import { createLockout } from '../access/lockout.ts';
import { createSessions } from '../access/sessions.ts';
import { requireServedRoutes, roleByMethod, serveRoutes, type Guard } from '../http/routing/serve-routes.ts';
import { auditRoutes } from '../access/audit-routes.ts';
import { keyRoutes } from '../access/key-routes.ts';
import { deadStartRoutes } from '../jobs/dead-starts/routes.ts';
import { groupRoutes } from '../jobs/flow/group-routes.ts';
import { deadLetterRoutes } from '../messages/dead-letter-routes.ts';
import { emailRoutes } from '../emails/routes.ts';
import { bulkJobRoutes } from '../bulk/routes.ts';
import { allowOrigin, codecRoutes } from '../encryption/codec-routes.ts';
import { docsRoutes } from '../http/openapi/routes.ts';
import { healthRoutes } from '../http/health-routes.ts';
import { createNavigation } from '../console/navigation.ts';
import { hasApplicationTasks } from '../library-bulk-tasks.ts';
import { queueRoutes } from '../console/queue-routes.ts';
import { homeRoutes } from '../console/routes.ts';
import type { NavigationItem } from '../html/frame.ts';
import { pageFileRoutes } from '../http/page-file-routes.ts';
import { providePages, readNavigation } from '../http/pages.ts';
import { redirectToPlainSearch } from '../http/plain-search.ts';
import { jobBatchRoutes } from '../bulk/act-on-jobs/routes.ts';
import { jobActionRoutes } from '../jobs/act/http/routes.ts';
import { jobRoutes } from '../jobs/routes.ts';
import { signInRoutes } from '../access/sign-in-routes.ts';
import { scheduleRoutes } from '../schedules/routes.ts';
import { serviceRoutes } from '../hosted-services/routes.ts';
import type { Routes } from '../http/routing/routes.ts';
import type { ApiDeps } from './deps.ts';
import { workItemRoutes } from '../work-queue/routes.ts';
import { noteMount } from '../http/mount.ts';

/** Routes of an application that are served together with the library's. */
export interface OwnRoutes {
  /** Pages that need no key. */
  pages: readonly Routes[];
  /** Routes that need no key and accept JSON; they are rate-limited by address. */
  open: readonly Routes[];
  /** Routes that require a key, each with its role. */
  guarded: readonly Routes[];
  /** Pages of the application that the console's navigation lists. */
  navigation?: readonly NavigationItem[];
}

/**
 * Creates the HTTP application from the library's routes and the application's own. The caller listens, and closes the dependencies it
 * passed.
 */
export function createApi(
  deps: ApiDeps,
  routesOfApplication: (createOnce: CreateOnce) => OwnRoutes,
): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', deps.config.TRUST_PROXY_HOPS);
  app.use(noteMount(deps.config.API_BASE_PATH));
  app.use(observeRequests);
  app.use(
    pinoHttp({
      logger: deps.logger,
      genReqId: (request) => request.id,
      // A request that is aborted ends outside of its async context; its log line must still identify it.
      customSuccessObject: (request, _response, line: object) => ({ ...line, requestId: request.id }),
      customErrorObject: (request, _response, _error, line: object) => ({ ...line, requestId: request.id }),
      // Headers and query strings can contain secrets, so the line contains only the path and the outcome.
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
  const createOnce = createOnceWith(deps);
  const own = routesOfApplication(createOnce);
  const navigation = createNavigation(
    { ...deps, hasBulkTasks: hasApplicationTasks(deps.bulkTasks) },
    own.navigation ?? [],
  );
  app.use(providePages({ navigation, uiUrl: deps.config.TEMPORAL_UI_URL }));
  app.use(closeUnread(deps.config.BODY_TIMEOUT));
  app.use(requireOneHost);
  if (deps.config.apiKey === LOCAL_API_KEY) app.use(requireLoopbackHost);
  app.use(requirePlainTarget);

  serveRoutes(app, healthRoutes(apiReadiness(deps)));
  for (const routes of own.pages) serveRoutes(app, routes);
  serveRoutes(app, docsRoutes(deps.description));
  serveRoutes(app, pageFileRoutes());

  const readBody = [...jsonBody(deps.config.BODY_TIMEOUT), refuseUndescribed(deps.description.resources)];
  const limited = [limitPublic(deps.config.PUBLIC_RATE_LIMIT_PER_MINUTE), ...readBody];
  for (const routes of own.open) serveRoutes(app, routes, { before: limited });
  const access = createAccess(deps);
  serveRoutes(app, signInRoutes(deps, access));

  /** Guards everything that is not public: authentication, the audit entry, and authorization. */
  const guardBy =
    (authentication: RequestHandler): Guard =>
    (roleFor) => [authentication, deps.audit.audit(roleFor), authorize(roleFor), boundReads];
  const guard: Guard = (roleFor) => [
    ...guardBy(authenticate(access))(roleFor),
    redirectToPlainSearch,
    readNavigation,
  ];
  serveRoutes(app, homeRoutes(deps), { guard });

  const uiOrigin = new URL(deps.config.TEMPORAL_UI_URL).origin;
  app.use('/codec', allowOrigin(uiOrigin));
  serveRoutes(app, codecRoutes(deps), {
    guard: guardBy(
      authenticate(access, { origin: uiOrigin, withoutSession: deps.config.apiKey === LOCAL_API_KEY }),
    ),
  });

  // The JSON body parser is not installed for all of them, because an upload is read as a stream.
  serveRoutes(app, bulkJobRoutes(deps, readBody), { guard });
  for (const routes of [
    jobBatchRoutes(deps),
    jobActionRoutes(deps),
    jobRoutes(deps),
    scheduleRoutes(deps),
    emailRoutes(deps),
    serviceRoutes(deps),
    workItemRoutes(deps),
    deadLetterRoutes(deps),
    deadStartRoutes(deps),
    groupRoutes(deps),
    queueRoutes(deps),
    auditRoutes(deps),
    keyRoutes(deps),
    ...own.guarded,
  ]) {
    serveRoutes(app, routes, { guard, before: readBody });
  }

  // An unknown path reveals nothing without a key, and an attempted write is audited.
  app.use('/api', ...guard(roleByMethod));
  app.use(unknownRoute);
  app.use(errorHandler(deps.updateRefusals));
  requireServedRoutes(app);
  return app;
}

function createAccess(deps: ApiDeps): Access {
  const { config, db, logger, secrets } = deps;
  const keys = createKeyDirectory({ db, logger, apiKey: config.apiKey });
  return {
    keys,
    sessions: createSessions({ secrets, keys, ttlMs: config.SESSION_TTL }),
    lockout: createLockout(
      {
        failures: config.KEY_FAILURES_PER_MINUTE,
        seconds: 60,
        because: 'Too many invalid keys were sent from this address.',
      },
      logger,
    ),
  };
}
