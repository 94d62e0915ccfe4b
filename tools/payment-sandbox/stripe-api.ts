import express from 'express';
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';

import { errorForStatus, invalidParam, StripeFailure } from './errors.ts';
import { holdBack } from './faults.ts';
import type { Fault, FaultQueue } from './faults.ts';
import { fingerprintOf } from './idempotency.ts';
import type { IdempotencyKeys, KeyedCall } from './idempotency.ts';
import { newId } from './ids.ts';
import type { Change, Ledger, SavedAnswer } from './ledger.ts';
import type { Operation } from './operation.ts';
import {
  cancelPaymentIntent,
  confirmPaymentIntent,
  createPaymentIntent,
  listPaymentIntents,
  retrievePaymentIntent,
  updatePaymentIntent,
} from './payment-intents.ts';
import { createRefund, listRefunds, retrieveRefund } from './refunds.ts';
import type { RequestLog } from './request-log.ts';

const endpoints: { method: 'GET' | 'POST'; path: RegExp; operation: Operation }[] = [
  { method: 'POST', path: /^\/v1\/payment_intents$/, operation: createPaymentIntent },
  { method: 'GET', path: /^\/v1\/payment_intents$/, operation: listPaymentIntents },
  { method: 'GET', path: /^\/v1\/payment_intents\/([^/]+)$/, operation: retrievePaymentIntent },
  { method: 'POST', path: /^\/v1\/payment_intents\/([^/]+)$/, operation: updatePaymentIntent },
  { method: 'POST', path: /^\/v1\/payment_intents\/([^/]+)\/confirm$/, operation: confirmPaymentIntent },
  { method: 'POST', path: /^\/v1\/payment_intents\/([^/]+)\/cancel$/, operation: cancelPaymentIntent },
  { method: 'POST', path: /^\/v1\/refunds$/, operation: createRefund },
  { method: 'GET', path: /^\/v1\/refunds$/, operation: listRefunds },
  { method: 'GET', path: /^\/v1\/refunds\/([^/]+)$/, operation: retrieveRefund },
];

/** What the Stripe side of the sandbox is made of. `stopping` ends the delays of answers that are held back. */
export type StripeApiDeps = {
  ledger: Ledger;
  keys: IdempotencyKeys;
  faults: FaultQueue;
  log: RequestLog;
  now: () => Date;
  stopping: AbortSignal;
};

type Answer = { status: number; body: object; headers: Record<string, string> };
type Call = {
  requestId: string;
  method: string;
  path: string;
  keyed: KeyedCall | null;
  input: unknown;
  fault: Fault | undefined;
};

/** Everything under /v1, as middleware in the order in which Stripe does it. */
export function createStripeApi(deps: StripeApiDeps): (RequestHandler | ErrorRequestHandler)[] {
  const { ledger, keys, faults, log, now, stopping } = deps;

  /** Authentication, then faults as rate limits would be, then the idempotency layer, then the endpoint. */
  async function answerTo(call: Call, request: Request): Promise<Answer | 'dropped'> {
    const account = authenticate(request.headers.authorization);
    call.keyed = keyedCall(call, account, request.headers['idempotency-key']);
    const isReplay = call.keyed !== null && ledger.findAnswer(account, call.keyed.key) !== undefined;
    const isInUse = call.keyed !== null && keys.isInUse(call.keyed);
    const { cleared } = faults;
    const fault = faults.take({ method: call.method, path: call.path, executes: !isReplay && !isInUse });
    call.fault = fault;
    if (fault?.kind === 'drop-before') return 'dropped';
    if (fault?.kind === 'status' && !fault.saved) {
      const { status, retryAfterSeconds } = fault;
      throw new StripeFailure(status, errorForStatus(status), {
        headers: retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) },
      });
    }
    // An answer that is held back is saved already, yet its key is still in use: that comes first.
    const release = call.keyed && (isInUse || !isReplay) ? keys.hold(call.keyed) : () => undefined;
    try {
      const answer = await execute(call);
      // The key stays in use: to the outside, a slow answer is a slow execution.
      if (fault?.kind === 'delay') await holdBack(fault.delayMs, cleared, stopping);
      return fault?.kind === 'drop-after' ? 'dropped' : answer;
    } finally {
      release();
    }
  }

  async function execute(call: Call): Promise<Answer> {
    const [answer, changes] = decide(call);
    // Also if nothing changed: what the answer tells of must be on disk before it is told.
    await ledger.commit(changes);
    return answer;
  }

  /** Does not wait for anything, so that no other call gets in between. */
  function decide(call: Call): [Answer, Change[]] {
    try {
      const saved = call.keyed && keys.replay(call.keyed);
      if (saved) return [replayOf(saved), []];
      const [operation, id] = findEndpoint(call.method, call.path);
      const run = operation({ id, input: call.input, ledger });
      if (call.fault?.kind === 'status') {
        throw new StripeFailure(call.fault.status, errorForStatus(call.fault.status), { executed: true });
      }
      const outcome = run({ idempotencyKey: call.keyed?.key ?? null, now: now() });
      const answer: Answer = { status: outcome.status, body: outcome.body, headers: {} };
      return [answer, [...outcome.changes, ...savedAs(call, answer)]];
    } catch (error) {
      if (!(error instanceof StripeFailure)) throw error;
      const answer = toAnswer(error);
      if (!error.executed) return [answer, []];
      return [{ ...answer, headers: shouldRetry(answer.status) }, savedAs(call, answer)];
    }
  }

  function savedAs(call: Call, { status, body }: Answer): Change[] {
    if (!call.keyed) return [];
    const value = { ...call.keyed, status, body, requestId: call.requestId, savedAtMs: now().getTime() };
    return [{ kind: 'answer', value }];
  }

  const handle = async (request: Request, response: Response): Promise<void> => {
    const path = `/v1${request.path}`;
    const isForm = request.method === 'POST';
    const call: Call = {
      requestId: newId('req'),
      method: request.method,
      path,
      keyed: null,
      input: isForm ? request.body : request.query,
      fault: undefined,
    };
    const answer = await answerTo(call, request).catch((error: unknown): Answer | 'dropped' => {
      // Only the end of the sandbox cuts a delay short.
      if (stopping.aborted) return 'dropped';
      return toAnswer(error);
    });
    const key = request.headers['idempotency-key'];
    log.add({
      at: now().toISOString(),
      requestId: call.requestId,
      method: call.method,
      path,
      idempotencyKey: typeof key === 'string' ? key : null,
      status: answer === 'dropped' ? 'dropped' : answer.status,
      replayed: answer !== 'dropped' && 'Idempotent-Replayed' in answer.headers,
      fault: call.fault?.kind ?? null,
    });
    if (answer === 'dropped') request.socket.destroy();
    else send(response, call.requestId, answer);
  };

  const handleUnreadable: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
    const isClientError = error instanceof Error && 'status' in error && Number(error.status) < 500;
    const failure = isClientError ? invalidParam('', `The body cannot be read: ${error.message}.`) : error;
    send(response, newId('req'), toAnswer(failure));
  };

  return [express.urlencoded({ extended: true, limit: '1mb' }), handle, handleUnreadable];
}

function send(response: Response, requestId: string, answer: Answer): void {
  response
    .status(answer.status)
    .set({ 'Request-Id': requestId, ...answer.headers })
    .json(answer.body);
}

function replayOf(saved: SavedAnswer): Answer {
  const { status, body, requestId } = saved;
  const headers = { 'Idempotent-Replayed': 'true', 'Original-Request': requestId, ...shouldRetry(status) };
  return { status, body, headers };
}

function toAnswer(error: unknown): Answer {
  if (error instanceof StripeFailure) {
    return { status: error.status, body: { error: error.body }, headers: error.headers };
  }
  console.error('The payment sandbox failed:', error);
  const message = 'The payment sandbox failed; see its output.';
  return { status: 500, body: { error: { type: 'api_error', message } }, headers: {} };
}

/** A saved 5xx is given to each retry alike, which Stripe says with this header (so the SDK's own comments). */
function shouldRetry(status: number): Record<string, string> {
  return status >= 500 ? { 'Stripe-Should-Retry': 'false' } : {};
}

/** The API key, as a bearer token or as the user of basic authentication (docs.stripe.com/api/authentication). */
function authenticate(header: string | undefined): string {
  const [scheme = '', credentials = ''] = header?.split(' ') ?? [];
  let key = '';
  if (scheme.toLowerCase() === 'bearer') key = credentials;
  if (scheme.toLowerCase() === 'basic')
    key = Buffer.from(credentials, 'base64').toString().split(':')[0] ?? '';
  if (/^sk_test_\S/.test(key)) return key;
  const message = key
    ? 'Invalid API Key: the sandbox accepts keys that begin with sk_test_.'
    : 'An API key is required.';
  throw new StripeFailure(401, { type: 'invalid_request_error', message });
}

/** Keys have a meaning for POST alone, and 255 characters at most (docs.stripe.com/api/idempotent_requests). */
function keyedCall(call: Call, account: string, header: string | string[] | undefined): KeyedCall | null {
  if (call.method !== 'POST' || typeof header !== 'string' || header === '') return null;
  if (header.length > 255)
    throw invalidParam('idempotency_key', 'An idempotency key must have at most 255 characters.');
  return { account, key: header, fingerprint: fingerprintOf(call.method, call.path, call.input) };
}

function findEndpoint(method: string, path: string): [Operation, string] {
  for (const endpoint of endpoints) {
    const match = endpoint.method === method ? endpoint.path.exec(path) : null;
    if (match) return [endpoint.operation, match[1] ?? ''];
  }
  throw new StripeFailure(404, {
    type: 'invalid_request_error',
    message: `Unrecognized request URL (${method}: ${path}), or one that the sandbox does not support.`,
  });
}
