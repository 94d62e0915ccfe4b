import { LOCAL_API_KEY } from '../../../packages/durable-jobs/src/config/config.ts';

const TIMEOUT_MS = 30_000;

/** Reads JSON from the API or from the payment sandbox. @throws an error that names the URL and the response. */
export async function readJson<T>(url: string, { method = 'GET' } = {}): Promise<T> {
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${LOCAL_API_KEY}`, accept: 'application/json' },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url} returned ${response.status}: ${text.slice(0, 300)}`);
  return JSON.parse(text) as T;
}
