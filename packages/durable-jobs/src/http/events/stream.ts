import type { Request, Response } from 'express';
import { callerOf } from '../caller.ts';
import { Problem } from '../problem.ts';

/** Proxies close connections that are silent for longer. */
const KEEP_ALIVE_MS = 15_000;
/** How long a client waits before it reconnects. */
const RETRY_MS = 2_000;

/** How often a stream checks that its caller's key or session is still valid. */
const RECHECK_MS = 1_000;
/** How long a client may accept nothing of what it is sent. */
const STALLED_MS = 30_000;

/** Streams of one kind that a process keeps open: in total, and for one key. */
export const streamLimits = { all: 200, eachKey: 50 } as const;

/** What a stream shows at one time. */
export interface Shown {
  /** Identifies what is shown: a client that reconnects with it as `Last-Event-ID` gets what has changed since. */
  id: string;
  /** The event's name; the stream ends after the event `end`. */
  name: string;
  data: unknown;
}

/** Counts the open streams of a kind in this process: each of them holds a connection and memory. */
export class StreamLimit {
  readonly #max: { all: number; eachKey: number };
  readonly #open = new Map<string, number>();

  constructor(max: { all: number; eachKey: number } = streamLimits) {
    this.#max = max;
  }

  /**
   * Takes a place for a key; the returned function gives it back.
   * @throws {Problem} `tooManyRequests` if there is no place left, or none for this key.
   */
  take(keyId: string): () => void {
    const ofKey = this.#open.get(keyId) ?? 0;
    const all = [...this.#open.values()].reduce((sum, count) => sum + count, 0);
    if (ofKey >= this.#max.eachKey) throw tooMany(`${ofKey} streams are open with this key`);
    if (all >= this.#max.all) throw tooMany(`${all} streams are open`);
    this.#open.set(keyId, ofKey + 1);
    let taken = true;
    return () => {
      if (!taken) return;
      taken = false;
      const left = (this.#open.get(keyId) ?? 1) - 1;
      if (left > 0) this.#open.set(keyId, left);
      else this.#open.delete(keyId);
    };
  }
}

function tooMany(what: string): Problem {
  return new Problem('tooManyRequests', `${what}: try again when one has ended.`, {
    headers: { 'Retry-After': '10' },
  });
}

/**
 * Streams the state of something as server-sent events, one for each change. The stream ends with the event `end`, with the client, with
 * the caller's key or session, and with the process. A client that reads slowly is sent the newest state when it can accept it, and not the
 * states before. A client that accepts nothing for {@link STALLED_MS} is disconnected.
 * @throws {Problem} `tooManyRequests` if too many streams are open.
 */
export function streamEvents<T>(
  request: Request,
  response: Response,
  stream: {
    first: T;
    follow: (onUpdate: (seen: T) => void) => () => void;
    show: (seen: T) => Shown;
    limit: StreamLimit;
    stopping: AbortSignal;
  },
): void {
  const { first, follow, stopping } = stream;
  const caller = callerOf(request);
  const isHead = request.method === 'HEAD';
  const giveBack = isHead ? undefined : stream.limit.take(caller.keyId);
  response.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-store',
    // nginx would buffer the events.
    'X-Accel-Buffering': 'no',
  });
  if (isHead) {
    response.end();
    return;
  }
  response.write(`retry: ${RETRY_MS}\n\n`);
  let last = request.get('last-event-id');
  let waiting: { seen: T } | undefined;
  let closed = false;
  const show = (seen: T): void => {
    if (closed) return;
    if (response.writableNeedDrain) {
      waiting = { seen };
      return;
    }
    const { id, name, data } = stream.show(seen);
    const ended = name === 'end';
    if (id === last && !ended) return;
    last = id;
    response.write(`id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
    if (ended) close();
  };
  const stalled = setTimeout(() => response.destroy(), STALLED_MS);
  const keepAlive = setInterval(() => {
    if (!response.writableNeedDrain) response.write(': still here\n\n');
  }, KEEP_ALIVE_MS);
  const recheck = setInterval(() => {
    if (!response.writableNeedDrain) stalled.refresh();
    // While the database is unavailable this is unknown, and nothing new is shown either.
    void caller.isStillValid().then((isValid) => {
      if (!isValid) close();
    }, ignore);
  }, RECHECK_MS);
  let unfollow: (() => void) | undefined;
  const close = (): void => {
    if (closed) return;
    closed = true;
    clearInterval(keepAlive);
    clearInterval(recheck);
    // The client may still accept what is already written.
    stalled.refresh();
    unfollow?.();
    giveBack?.();
    stopping.removeEventListener('abort', close);
    response.end();
  };
  response.on('drain', () => {
    const next = waiting;
    waiting = undefined;
    if (next) show(next.seen);
  });
  response.once('close', () => {
    close();
    clearTimeout(stalled);
  });
  stopping.addEventListener('abort', close);
  show(first);
  if (stopping.aborted) close();
  else if (!response.writableEnded) unfollow = follow(show);
}

function ignore(): void {
  // The next check decides.
}
