import type { Request, RequestHandler, Response } from 'express';
import { decodedLineFault, lineFault } from '../values/text.ts';
import { createBatches } from '../database/batches.ts';
import type { Db } from '../database/connect.ts';
import type { Logger } from '../telemetry/logger.ts';
import { beginAuditEntries, endAuditEntries, type AuditBeginning, type AuditEnd } from './audit-entries.ts';
import { problemOf, requestId } from '../http/middleware/errors.ts';
import type { Role } from '../http/roles.ts';
import { Problem } from '../http/problem.ts';
import { routeOf } from '../http/routing/matched-route.ts';
import { callerOf, type Caller } from '../http/caller.ts';
import { namedInAudit } from './audit-params.ts';

/** Writes the audit trail: an entry before each write, and its outcome afterwards. */
export interface AuditTrail {
  /** Middleware that audits the requests for which a viewer's role is not enough. */
  audit: (roleFor: (request: Request) => Role) => RequestHandler;
  /** Audits an action of a caller on a route without authentication middleware. */
  begin: (request: Request, response: Response, caller: Pick<Caller, 'keyId' | 'keyName'>) => Promise<void>;
  /** Resolves when the outcome of every entry has been recorded. */
  drain: () => Promise<void>;
}

const MAX_REASON = 500;

/**
 * Creates the audit trail. A request whose entry can't be written is refused, so that nothing is done without an entry. If a process dies,
 * the outcomes of its open entries stay unknown. Entries never contain request bodies, except for the caller's own `reason`.
 */
export function createAuditTrail({ db, logger }: { db: Db; logger: Logger }): AuditTrail {
  const beginEntry = createBatches((beginnings: readonly AuditBeginning[]) =>
    beginAuditEntries(db, beginnings),
  );
  const endEntry = createBatches(async (ends: readonly (AuditEnd & { id: string })[]) => {
    await endAuditEntries(db, ends);
    return ends;
  });
  const ending = new Set<Promise<void>>();

  const begin: AuditTrail['begin'] = async (request, response, { keyId, keyName }) => {
    const entryId = await beginEntry({
      actor: { id: keyId, name: keyName },
      target: pathOf(request),
      ...matchedRoute(request),
      reason: reasonOf(request),
      requestId: requestId(request.id),
    });
    let ended = false;
    const end = (): void => {
      if (ended) return;
      ended = true;
      const told = endEntry({ id: entryId, ...endOf(request, response) }).then(
        () => undefined,
        (error: unknown) => {
          logger.error(
            { err: error, auditEntry: entryId },
            'the outcome of an action could not be recorded in its audit entry',
          );
        },
      );
      ending.add(told);
      void told.finally(() => ending.delete(told));
    };
    // The handler's response counts, whether or not the client is still connected to receive it.
    const send = response.end.bind(response);
    Object.assign(response, {
      end: (...args: unknown[]) => {
        end();
        return Reflect.apply(send, response, args) as unknown;
      },
    });
  };

  return {
    begin,
    audit: (roleFor) => async (request, response, next) => {
      if (roleFor(request) !== 'viewer') await begin(request, response, callerOf(request));
      next();
    },
    async drain() {
      await Promise.all(ending);
    },
  };
}

function endOf(request: Request, response: Response): AuditEnd {
  const { statusCode: status } = response;
  const problem = problemOf(response);
  const { reason } = (request.body ?? {}) as { reason?: unknown };
  const created = namedInAudit(response);
  const isReason = typeof reason === 'string' && lineFault(reason) === undefined;
  return {
    outcome: status < 400 ? 'done' : status < 500 ? 'refused' : 'failed',
    status,
    problemCode: problem?.kind.code,
    ...(created && { params: { ...matchedRoute(request).params, ...created } }),
    // The header takes precedence.
    ...(isReason &&
      reasonOf(request) === undefined && {
        // Between the halves of a surrogate pair, the cut would leave what no database stores as JSON.
        reason: reason.slice(0, MAX_REASON).toWellFormed(),
      }),
  };
}

/** The route that matched a request, as it was declared, and the values of its path parameters. */
function matchedRoute(request: Request): Pick<AuditBeginning, 'action' | 'params'> {
  const route = routeOf(request);
  if (route === undefined) return {};
  const params = Object.fromEntries(
    Object.entries(request.params).map(([name, value]) => [name, String(value)]),
  );
  return { action: `${route.method} ${route.path}`, params };
}

function pathOf(request: Request): string {
  return request.originalUrl.split('?')[0] ?? '';
}

/** The caller's `X-Reason`, which Node reads as Latin-1 and people write in UTF-8. */
function reasonOf(request: Request): string | undefined {
  const header = request.get('x-reason');
  if (header === undefined || header.trim() === '') return undefined;
  const reason = Buffer.from(header, 'latin1').toString('utf8').trim();
  const fault =
    reason.length > MAX_REASON ? `must have at most ${MAX_REASON} characters` : decodedLineFault(reason);
  if (fault === undefined) return reason;
  throw new Problem('validationFailed', 'The X-Reason header is not valid.', {
    errors: [{ path: 'X-Reason', message: fault }],
  });
}
