import type { Request, Response } from 'express';
import type { Db, Trx } from '../database/connect.ts';
import { inPreparedTransaction } from '../database/prepared-transaction.ts';
import { claimKey, storeResponse, type StoredResponse } from '../http/idempotency-keys.ts';
import type { OutboxEntry } from './outbox/enqueue.ts';
import type { Dispatcher } from './outbox/dispatcher.ts';
import type { Secrets } from '../process/secrets.ts';
import { findCaller } from '../http/caller.ts';
import { Problem } from '../http/problem.ts';
import { idempotencyKeyHeader } from '../http/schemas.ts';

/** The result of a handler's transaction: the response, and the jobs to start once it is committed. */
export interface Creation {
  response: StoredResponse;
  jobs: readonly OutboxEntry[];
}

/**
 * Handles requests that create something: one transaction, `Idempotency-Key`, and the start of the jobs after the commit. `create` must have no
 * effect outside of the transaction, which may have to be run again.
 */
export type CreateOnce = (
  request: Request,
  response: Response,
  scope: string,
  create: (trx: Trx) => Promise<Creation>,
) => Promise<void>;

/**
 * Creates {@link CreateOnce}. If the key was used before, the stored response is sent again with `Idempotency-Replayed: true`; with a
 * different body, the request is refused. The response is sent right after the commit, without waiting for the engine, so a 2xx means that
 * the data is stored and its jobs will run.
 */
export function createOnceWith(deps: { db: Db; dispatcher: Dispatcher; secrets: Secrets }): CreateOnce {
  const claimOf = (request: Request, route: string, key: string) => {
    const { body } = request as { body: unknown };
    const caller = findCaller(request);
    return {
      key,
      scope: caller ? `${route}:${caller.keyId}` : route,
      fingerprint: deps.secrets.fingerprint(body),
      earlier: { scope: route, fingerprint: deps.secrets.earlierFingerprint(body) },
    };
  };
  return async (request, response, scope, create) => {
    const key = parseKey(request.get('idempotency-key'));
    const claim = key === undefined ? undefined : claimOf(request, scope, key);
    const { answer, jobs, replayed } = await inPreparedTransaction(deps.db, async (trx) => {
      const claimed = claim ? await claimKey(trx, claim) : undefined;
      if (claimed?.status === 'reused') {
        throw new Problem('idempotencyKeyReused', 'Use a new key for a request with a different body.');
      }
      if (claimed?.status === 'replay') return { answer: claimed.response, jobs: [], replayed: true };
      const creation = await create(trx);
      if (claim) await storeResponse(trx, claim, creation.response);
      return { answer: creation.response, jobs: creation.jobs, replayed: false };
    });
    deps.dispatcher.start(jobs);
    if (replayed) response.set('Idempotency-Replayed', 'true');
    response.status(answer.status).set(answer.headers).json(answer.body);
  };
}

function parseKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const parsed = idempotencyKeyHeader.safeParse(header);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Problem('validationFailed', 'The Idempotency-Key header is not valid.', {
    errors: [{ path: 'Idempotency-Key', message: issue?.message ?? 'is not valid' }],
  });
}
