import { LOCAL_API_KEY } from '../../../packages/durable-jobs/src/config/config.ts';

const TIMEOUT_MS = 30_000;

/** A response that is not the JSON that was requested. Its message names the URL and the response. */
export class ResponseError extends Error {
  override readonly name = 'ResponseError';
  readonly status: number;

  constructor(request: string, status: number, body: string) {
    super(`${request} returned ${status}: ${body.slice(0, 300)}`);
    this.status = status;
  }
}

/**
 * Reads JSON from the API or from the payment sandbox. `body` is sent as JSON.
 * @throws {ResponseError} if the response is an error.
 */
export async function readJson<T>(
  url: string,
  { method = 'GET', body }: { method?: string; body?: object } = {},
): Promise<T> {
  const response = await fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${LOCAL_API_KEY}`,
      accept: 'application/json',
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const text = await response.text();
  if (!response.ok) throw new ResponseError(`${method} ${url}`, response.status, text);
  return JSON.parse(text) as T;
}
