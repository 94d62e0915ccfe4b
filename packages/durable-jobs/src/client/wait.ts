import { EventSourceParserStream } from 'eventsource-parser/stream';
import { DurableJobsError, errorOf } from './errors.ts';
import { sleep } from './retry.ts';
import type { WaitOptions } from './types.ts';

/** Opens a stream of events; `error` is the body of an error response. */
type OpenStream = (signal: AbortSignal) => Promise<{ response: Response; error?: unknown }>;

/** Wait in milliseconds before a broken stream is reopened. */
const REOPEN_MS = 1_000;

/**
 * Follows the events of a job until it has ended. A stream that breaks, or that the API has no capacity for, is reopened as soon as
 * `Retry-After` allows.
 * @throws the signal's reason; {DurableJobsError} if the API refuses the stream permanently, such as with `not_found`.
 */
export async function untilEnded(open: OpenStream, { timeout, signal: given }: WaitOptions): Promise<void> {
  // Also closes the stream once the job has ended.
  const done = new AbortController();
  const signals = [given, timeout === undefined ? undefined : AbortSignal.timeout(timeout)];
  const waiting = AbortSignal.any(signals.filter((signal) => signal !== undefined));
  const signal = AbortSignal.any([waiting, done.signal]);
  try {
    for (;;) {
      waiting.throwIfAborted();
      const wait = await followOnce(open, signal, waiting);
      if (wait === 'ended') return;
      await sleep(wait, waiting);
    }
  } finally {
    done.abort();
  }
}

/** Returns `ended`, or the wait in milliseconds before the stream is reopened. */
async function followOnce(
  open: OpenStream,
  signal: AbortSignal,
  waiting: AbortSignal,
): Promise<'ended' | number> {
  try {
    const { response, error } = await open(signal);
    if (!response.ok) throw errorOf(response, error);
    const events = response.body
      ?.pipeThrough<string>(new TextDecoderStream() as never)
      .pipeThrough(new EventSourceParserStream());
    for await (const { event } of eventsOf(events)) if (event === 'end') return 'ended';
    return REOPEN_MS;
  } catch (error) {
    waiting.throwIfAborted();
    if (!(error instanceof DurableJobsError)) return REOPEN_MS;
    const mayCome = error.status === 429 || error.status >= 500;
    if (!mayCome) throw error;
    return Math.max(REOPEN_MS, error.retryAfterMs ?? 0);
  }
}

/** Not every browser supports async iteration of streams. */
async function* eventsOf<T>(stream: ReadableStream<T> | undefined): AsyncIterable<T> {
  const reader = stream?.getReader();
  if (!reader) return;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}
