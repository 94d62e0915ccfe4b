import { errorOf, retryAfterOf } from './errors.ts';

/** How a client retries requests. */
export interface RetryPolicy {
  /** Maximum number of retries; 0 for none. */
  retries: number;
  /** Wait before the first retry in milliseconds; it doubles with each retry, up to ten seconds. */
  firstWaitMs: number;
}

const LONGEST_WAIT_MS = 10_000;

/** Header that marks a POST as repeatable; removed before the request is sent. */
export const repeatable = 'x-durable-jobs-repeatable';

/**
 * Creates a `fetch` that retries repeatable requests (GET, POST with an `Idempotency-Key`, and marked requests) after a broken connection
 * or a 503, no sooner than `Retry-After` allows.
 */
export function fetchWithRetries(
  send: typeof globalThis.fetch,
  { retries, firstWaitMs }: RetryPolicy,
): (request: Request) => Promise<Response> {
  return async (request) => {
    const mayRepeat = canRepeat(request);
    request.headers.delete(repeatable);
    for (let made = 0; ; made++) {
      const isLast = !mayRepeat || made >= retries;
      const wait = Math.min(firstWaitMs * 2 ** made, LONGEST_WAIT_MS);
      try {
        // A request's body can be read only once, so a copy is sent.
        const response = await send(isLast ? request : request.clone());
        if (response.status !== 503 || isLast) return response;
        await response.body?.cancel();
        await sleep(Math.max(wait, retryAfterOf(response) ?? 0), request.signal);
      } catch (error) {
        request.signal.throwIfAborted();
        if (isLast) throw error;
        await sleep(wait, request.signal);
      }
    }
  };
}

function canRepeat({ method, headers }: Request): boolean {
  if (method === 'GET' || method === 'HEAD') return true;
  return headers.has('idempotency-key') || headers.has(repeatable);
}

/** Waits; rejects with the signal's reason once it aborts. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const aborted = (): void => {
      clearTimeout(timer);
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- whatever the caller aborts with
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', aborted);
      resolve();
    }, ms);
    signal?.addEventListener('abort', aborted, { once: true });
  });
}

/** Returns the data of a response. @throws {DurableJobsError} if the response is an error. */
export function dataOf<T>(answer: { data?: T; error?: unknown; response: Response }): T {
  if (answer.response.ok && answer.data !== undefined) return answer.data;
  throw errorOf(answer.response, answer.error);
}
