import createHttp, { type Client as OpenApiClient } from 'openapi-fetch';
import { JobFailedError } from './errors.ts';
import type { InputOf, JobTypes, ResultOf, TypeOf } from './job-types.ts';
import type { paths } from './openapi.ts';
import { dataOf, fetchWithRetries, repeatable, type RetryPolicy } from './retry.ts';
import type {
  ActedOnJob,
  Job,
  JobFilter,
  ListedJob,
  Reasoned,
  RetryOptions,
  Started,
  StartOptions,
  WaitOptions,
  Why,
} from './types.ts';
import { untilEnded } from './wait.ts';

/** Options of a client. */
export interface ClientOptions {
  /** The URL under which the API is mounted, such as `https://app.example/ops`. */
  baseUrl: string;
  /** An API key. Pages of the service itself need none if their reader is signed in. */
  apiKey?: string;
  /** Retry policy of repeatable requests; by default up to four retries, the first after 250 ms. */
  retry?: Partial<RetryPolicy>;
  /** The function that sends requests; the global `fetch` by default. */
  fetch?: typeof globalThis.fetch;
}

/** The media types of the responses to a program; people get pages at the same addresses. */
type Json = `application/${string}`;

/** Calls any route of the library, typed by the OpenAPI document: `http.GET('/api/schedules')`. */
export type Http = OpenApiClient<paths, Json>;

/** A client of the API. Each method throws {@link DurableJobsError} if the API responds with an error. */
export interface Client<T extends JobTypes> {
  /** Starts a job, now or later. */
  start: <K extends TypeOf<T>>(
    type: K,
    input: InputOf<T, K>,
    options?: StartOptions,
  ) => Promise<Started<ResultOf<T, K>>>;
  /** Reads a job: its newest run, or the run given by `runId`. */
  get: (id: string, options?: { runId?: string; signal?: AbortSignal }) => Promise<Job>;
  /** Iterates over jobs, newest first, and fetches further pages as needed. */
  list: (filter?: JobFilter, options?: { signal?: AbortSignal }) => AsyncIterable<ListedJob>;
  /** Explains why a job is in its state. */
  why: (id: string, options?: { signal?: AbortSignal }) => Promise<Why>;
  /**
   * Waits until a job has ended, in any way, and returns it.
   * @throws a `TimeoutError` after `timeout`; the signal's reason.
   */
  wait: (job: string | Started, options?: WaitOptions) => Promise<Job>;
  /**
   * Waits for a job and returns its result.
   * @throws {JobFailedError} if it did not complete; otherwise as {@link Client.wait}.
   */
  result: <Result = unknown>(job: string | Started<Result>, options?: WaitOptions) => Promise<Result>;
  /** Restarts a job that ended without success, or makes its next attempt now. `scope` permits only one of them. */
  retry: (id: string, options?: RetryOptions) => Promise<ActedOnJob>;
  /** Requests cancellation of a job, by its id or by its type and key. */
  cancel: (job: string | { type: string; key: string }, options?: Reasoned) => Promise<ActedOnJob>;
  /** Terminates a job immediately. */
  terminate: (id: string, options: Reasoned & { reason: string }) => Promise<ActedOnJob>;
  /** Pauses a job. */
  pause: (id: string, options?: Reasoned) => Promise<ActedOnJob>;
  /** Resumes a paused job. */
  resume: (id: string, options?: Reasoned) => Promise<ActedOnJob>;
  /** Reschedules the time that a job waits for. */
  reschedule: (id: string, at: Date, options?: Reasoned) => Promise<ActedOnJob>;
  http: Http;
}

/** Jobs per page: the maximum that the API accepts. */
const PAGE = 100;

/**
 * Creates a client of the API. The type argument is the type of the jobs that it may start: `createClient<typeof jobs>(…)`. It retries GET
 * requests, and starts with a `dedupeKey`, after broken connections and 503s.
 */
export function createClient<T extends JobTypes = Record<string, (input: object) => Promise<unknown>>>(
  options: ClientOptions,
): Client<T> {
  const {
    baseUrl,
    apiKey,
    fetch = globalThis.fetch,
    retry: { retries = 4, firstWaitMs = 250 } = {},
  } = options;
  const authorization = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
  const http = createHttp<paths, Json>({
    baseUrl: baseUrl.replace(/\/+$/, ''),
    headers: authorization,
    fetch: fetchWithRetries(fetch, { retries, firstWaitMs }),
  });

  const get: Client<T>['get'] = async (id, { runId, signal } = {}) =>
    dataOf(
      await http.GET('/api/jobs/{id}', {
        params: { path: { id }, query: runId === undefined ? {} : { runId } },
        ...signalOf(signal),
      }),
    );

  const wait: Client<T>['wait'] = async (job, how = {}) => {
    const id = idOf(job);
    const open = (signal: AbortSignal) =>
      http.GET('/api/jobs/{id}/events', { params: { path: { id } }, parseAs: 'stream', signal });
    await untilEnded(open, how);
    return get(id, signalOf(how.signal));
  };

  const act =
    (action: 'cancel' | 'retry' | 'pause' | 'resume' | 'terminate') =>
    async (id: string, { reason, signal, scope }: RetryOptions = {}): Promise<ActedOnJob> =>
      dataOf(
        await http.POST(`/api/jobs/{id}/${action}`, {
          params: { path: { id } },
          body: { ...(reason !== undefined && { reason }), ...(scope && { scope }) } as { reason: string },
          headers: reasonHeader(reason),
          ...signalOf(signal),
        }),
      );

  return {
    http,
    get,
    wait,
    retry: act('retry'),
    async cancel(job, options = {}) {
      if (typeof job === 'string') return act('cancel')(job, options);
      const { reason, signal } = options;
      const body = { type: job.type, key: job.key, ...(reason !== undefined && { reason }) };
      const headers = reasonHeader(reason);
      return dataOf(await http.POST('/api/jobs/cancel', { body, headers, ...signalOf(signal) }));
    },
    terminate: act('terminate'),
    pause: act('pause'),
    resume: act('resume'),
    async start(type, input, options = {}) {
      const { delay, startAt, expiresIn, expiresAt, dedupeKey, signal } = options;
      const body = {
        type,
        input: input as Record<string, unknown>,
        ...(delay !== undefined && { delay }),
        ...(startAt && { startAt: startAt.toISOString() }),
        ...(expiresIn !== undefined && { expiresIn }),
        ...(expiresAt && { expiresAt: expiresAt.toISOString() }),
        ...(dedupeKey !== undefined && { dedupeKey }),
      };
      const headers = dedupeKey === undefined ? {} : { [repeatable]: 'true' };
      return dataOf(await http.POST('/api/jobs', { body, headers, ...signalOf(signal) }));
    },
    async *list(filter = {}, { signal } = {}) {
      for (let cursor: string | null | undefined; cursor !== null;) {
        const query = { ...filter, limit: PAGE, ...(cursor !== undefined && { cursor }) };
        const page = dataOf(await http.GET('/api/jobs', { params: { query }, ...signalOf(signal) }));
        yield* page.items;
        cursor = page.nextCursor;
      }
    },
    async why(id, { signal } = {}) {
      return dataOf(await http.GET('/api/jobs/{id}/why', { params: { path: { id } }, ...signalOf(signal) }));
    },
    async result(job, how) {
      const ended = await wait(job, how);
      if (ended.status !== 'completed') throw new JobFailedError(ended);
      return ended.result as never;
    },
    async reschedule(id, at, { reason, signal } = {}) {
      return dataOf(
        await http.POST('/api/jobs/{id}/reschedule', {
          params: { path: { id } },
          body: { at: at.toISOString() },
          headers: reasonHeader(reason),
          ...signalOf(signal),
        }),
      );
    },
  };
}

function idOf(job: string | Started): string {
  return typeof job === 'string' ? job : job.jobId;
}

function signalOf(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal ? { signal } : {};
}

/** Reason for the audit trail. Headers contain bytes, so the text is encoded as UTF-8. */
function reasonHeader(reason: string | undefined): Record<string, string> {
  if (reason === undefined) return {};
  return { 'x-reason': String.fromCharCode(...new TextEncoder().encode(reason)) };
}
