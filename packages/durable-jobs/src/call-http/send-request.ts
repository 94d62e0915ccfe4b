import { isIP } from 'node:net';
import { Agent, request, type Dispatcher } from 'undici';
import { isPublicAddress, lookupPublic, PrivateAddressError } from './public-address.ts';
import type { HttpTarget } from './target.ts';

/** What is sent to a target. */
export interface HttpCall {
  /** The same for every attempt, so that the endpoint recognizes repeats. */
  id: string;
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Appended to the target's URL. */
  path: string;
  body: unknown;
}

/** The response of a target. */
export interface HttpAnswer {
  status: number;
  contentType: string | null;
  /** The beginning of the body, as text. */
  body: string;
  /** Whether the body is longer. */
  truncated: boolean;
  /** The delay in milliseconds that the target requests with `Retry-After`. */
  retryAfterMs?: number;
}

/** Bytes of a response that are kept: enough to explain a failure, and few enough for a history. */
const KEPT_BYTES = 4_096;

const anywhere = new Agent();
const publicOnly = new Agent({ connect: { lookup: lookupPublic } });

/**
 * Sends a call, signed per Standard Webhooks (https://www.standardwebhooks.com). Redirects are not followed, because they would send a
 * signed request somewhere else.
 * @throws {PrivateAddressError} if the target has a private address and does not allow one; the client's error if it does not respond.
 */
export async function sendRequest(
  target: HttpTarget,
  { id, method, path, body }: HttpCall,
  { signal, now = new Date() }: { signal: AbortSignal; now?: Date },
): Promise<HttpAnswer> {
  const url = urlOf(target, path);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  // A literal address is connected to without a look-up.
  if (!target.allowPrivateAddresses && isIP(host) !== 0 && !isPublicAddress(host)) {
    throw new PrivateAddressError(host);
  }
  const text = JSON.stringify(body);
  const answer = await request(url, {
    method,
    body: text,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'durable-jobs',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
      'webhook-signature': target.secret.sign(id, now, text),
    },
    dispatcher: target.allowPrivateAddresses ? anywhere : publicOnly,
    signal: AbortSignal.any([signal, AbortSignal.timeout(target.timeout)]),
  });
  const kept = await readBeginning(answer.body);
  const retryAfterMs = readRetryAfter(answer.headers['retry-after'], now);
  return {
    status: answer.statusCode,
    contentType: single(answer.headers['content-type']) ?? null,
    ...kept,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

/** Returns a target's URL with a path appended. */
function urlOf(target: HttpTarget, path: string): URL {
  const url = new URL(target.url);
  url.pathname = `${url.pathname.replace(/\/$/, '')}${path}`;
  return url;
}

async function readBeginning(
  body: Dispatcher.ResponseData['body'],
): Promise<Pick<HttpAnswer, 'body' | 'truncated'>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > KEPT_BYTES) break;
  }
  // Truncated characters, and NUL, which PostgreSQL cannot store in text, are replaced.
  const text = new TextDecoder()
    .decode(Buffer.concat(chunks).subarray(0, KEPT_BYTES))
    .replaceAll('\0', '\uFFFD');
  return { body: text, truncated: bytes > KEPT_BYTES };
}

/** Parses `Retry-After`, a number of seconds or a date, into milliseconds; undefined if it is neither. */
function readRetryAfter(header: string | string[] | undefined, now: Date): number | undefined {
  const text = single(header);
  if (text === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now.getTime();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
