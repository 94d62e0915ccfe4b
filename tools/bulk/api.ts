import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { text } from 'node:stream/consumers';
import type { BulkJobView } from 'durable-jobs/bulk';
import type { JobView } from 'durable-jobs/jobs';
import { SourceError, type ItemsType } from './source.ts';

/** Where the API is, without a slash at the end, and the key that it takes. */
export interface ApiAddress {
  url: string;
  apiKey: string;
}

/** What the API answers an upload that it took. */
export interface AcceptedJob {
  id: string;
  jobId: string;
  total: number;
}

/** A bulk job with a page of the items that failed. */
export interface BulkJobDetails extends BulkJobView {
  failedItems: {
    items: { position: number; item: unknown; attempts: number; error: { code: string; message: string } }[];
    nextCursor: string | null;
  };
}

/** The API refused a request; `errors` are what its answer lists. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly status: number;
  readonly errors: readonly { path: string; message: string }[];

  constructor(status: number, detail: string, errors: readonly { path: string; message: string }[]) {
    super(detail);
    this.status = status;
    this.errors = errors;
  }
}

/** The API could not be reached, or what answers is no API of ours. */
export class AwayError extends Error {
  override readonly name = 'AwayError';
}

/** All items were sent, but no answer came: the job may be accepted or not. */
export class UnansweredError extends Error {
  override readonly name = 'UnansweredError';
}

/** Whether an error says that the API may answer the same request later. */
export function isAway(error: unknown): boolean {
  return error instanceof AwayError || (error instanceof RefusedError && error.status >= 500);
}

/** A call that is answered later than this will not be. */
const CALL_TIMEOUT_MS = 15_000;

/** The calls of bulk jobs. Each throws {@link RefusedError} or {@link AwayError}. */
export class BulkApi {
  readonly address: ApiAddress;

  constructor(address: ApiAddress) {
    this.address = address;
  }

  /** A bulk job with its first `failed` items that failed. */
  read(id: string, failed: number): Promise<BulkJobDetails> {
    return this.#call('GET', `/api/bulk-jobs/${encodeURIComponent(id)}?limit=${failed}`);
  }

  /** The job that works a bulk job off, as the engine sees it. */
  readJob(bulkJob: BulkJobView): Promise<JobView> {
    return this.#call('GET', bulkJob.links.job);
  }

  /** Hands the failed items back; returns how many. */
  async retryFailed(id: string): Promise<number> {
    const { retried } = await this.#call<{ retried: number }>(
      'POST',
      `/api/bulk-jobs/${encodeURIComponent(id)}/retry-failed`,
    );
    return retried;
  }

  /**
   * Uploads items as they are read, holding none of them.
   * @throws {SourceError} also, if the items cannot be read; {@link UnansweredError} if it is open the outcome of them.
   */
  async upload(
    upload: { task: string; type: ItemsType; items: Readable },
    signal?: AbortSignal,
  ): Promise<AcceptedJob> {
    const url = `${this.address.url}/api/bulk-jobs?task=${encodeURIComponent(upload.task)}`;
    const request = (url.startsWith('https:') ? httpsRequest : httpRequest)(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.address.apiKey}`, 'content-type': upload.type },
      ...(signal && { signal }),
    });
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      request.once('response', resolve);
      request.on('error', reject);
    });
    // What fails here fails the request too.
    pipeline(upload.items, request).catch(() => undefined);
    try {
      // A refusal may come before everything is sent.
      const response = await answered;
      return read(response.statusCode ?? 0, await text(response)) as AcceptedJob;
    } catch (error) {
      if (upload.items.errored instanceof SourceError) throw upload.items.errored;
      if (error instanceof RefusedError) throw error;
      if (request.writableFinished) throw new UnansweredError(reasonOf(error), { cause: error });
      signal?.throwIfAborted();
      throw error instanceof AwayError ? error : new AwayError(reasonOf(error), { cause: error });
    } finally {
      request.destroy();
    }
  }

  async #call<T>(method: string, path: string): Promise<T> {
    let status: number;
    let body: string;
    try {
      const response = await fetch(this.address.url + path, {
        method,
        headers: { authorization: `Bearer ${this.address.apiKey}` },
        signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
      });
      status = response.status;
      body = await response.text();
    } catch (error) {
      throw new AwayError(reasonOf(error), { cause: error });
    }
    return read(status, body) as T;
  }
}

interface ProblemBody {
  detail?: string;
  errors?: { path: string; message: string }[];
}

/** The JSON of an answer. @throws if it is not one to a request that was done. */
function read(status: number, body: string): unknown {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    throw new AwayError(`it returned ${status} without a JSON body`);
  }
  if (status < 300) return parsed;
  const { detail = `It returned ${status}.`, errors = [] } = parsed as ProblemBody;
  throw new RefusedError(status, detail, errors);
}

/** What an error of the network comes down to, such as `connect ECONNREFUSED 127.0.0.1:3000`. */
function reasonOf(error: unknown): string {
  let current = error;
  while (current instanceof Error && current.cause !== undefined) current = current.cause;
  // Where a name has several addresses, each has an error of its own.
  if (current instanceof AggregateError) [current] = current.errors as unknown[];
  return current instanceof Error ? current.message : String(current);
}
