import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

/** A client that sends a request again, with the same key, until it is accepted. */
export interface PersistentClient {
  /** Returns the body of the first response with a 2xx status. */
  send: (method: string, path: string, body: unknown) => Promise<Record<string, unknown>>;
  /** Sends a request once. Nothing is known about its effect if this rejects. */
  sendOnce: (request: OneRequest) => Promise<{ status: number; body: Record<string, unknown> }>;
  /** Responses other than 2xx, and requests that broke, by what they said. */
  refusals: Map<string, number>;
}

/** A request. `key` is its idempotency key; `contentType` belongs to a body that is a text. */
export interface OneRequest {
  method: string;
  path: string;
  body?: unknown;
  key?: string;
  contentType?: string;
}

/** What a client waits before it sends a request again. */
export const RETRY_MS = 1_000;

/** A request that is not answered by then is sent again. */
const REQUEST_TIMEOUT_MS = 10_000;

/** Creates a client of an API. */
export function createPersistentClient({
  url,
  apiKey,
}: {
  url: () => string;
  apiKey: string;
}): PersistentClient {
  const refusals = new Map<string, number>();
  const refused = (what: string): void => void refusals.set(what, (refusals.get(what) ?? 0) + 1);

  const sendOnce: PersistentClient['sendOnce'] = async ({ method, path, body, key, contentType }) => {
    try {
      const response = await fetch(`${url()}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${apiKey}`,
          ...(body !== undefined && { 'content-type': contentType ?? 'application/json' }),
          ...(key !== undefined && { 'idempotency-key': key }),
        },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      const answer = (await response.json()) as Record<string, unknown>;
      if (!response.ok) refused(`${method} ${withoutIds(path)}: ${response.status} ${String(answer.code)}`);
      return { status: response.status, body: answer };
    } catch (error) {
      refused(`${method} ${withoutIds(path)}: ${error instanceof Error ? error.name : String(error)}`);
      throw error;
    }
  };

  return {
    refusals,
    sendOnce,
    async send(method, path, body) {
      const key = randomUUID();
      for (;;) {
        const answer = await sendOnce({ method, path, body, key }).catch(() => undefined);
        if (answer && answer.status < 300) return answer.body;
        await delay(RETRY_MS);
      }
    },
  };
}

/** The path of a route: requests for different things are counted together. */
function withoutIds(path: string): string {
  return path.replace(/[\w-]{20,}/g, ':id');
}
