import type { Request, Response } from 'express';
import { Problem } from '../problem.ts';

/** Proxies close what is silent for longer. */
const KEEP_ALIVE_MS = 15_000;
/** What a client waits before it connects again. */
const RETRY_MS = 2_000;

/** Streams of one kind that one process holds open. */
export const MAX_STREAMS = 200;

/** What a stream shows of something at one time. */
export interface Shown {
  /** Says what is shown: a client that comes back with it as `Last-Event-ID` gets what is new since. */
  id: string;
  /** The event's name; the stream ends after one that is called `end`. */
  name: string;
  data: unknown;
}

/** Counts the streams of a kind that are open in this process: each holds a connection and memory. */
export class StreamLimit {
  readonly #max: number;
  #open = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** Takes a place, which the returned function gives back. @throws {Problem} `tooManyRequests` where there is none. */
  take(): () => void {
    if (this.#open >= this.#max) {
      throw new Problem('tooManyRequests', `${this.#max} streams are open: try again when one has ended.`, {
        headers: { 'Retry-After': '10' },
      });
    }
    this.#open++;
    let taken = true;
    return () => {
      if (taken) this.#open--;
      taken = false;
    };
  }
}

/**
 * Streams what is seen of something as server-sent events, one at each change, until `end`, the client, or the process's own
 * stop ends it.
 * @throws {Problem} `tooManyRequests` where too many are open.
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
  const giveBack = stream.limit.take();
  response.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-store',
    // nginx would hold the events back.
    'X-Accel-Buffering': 'no',
  });
  response.write(`retry: ${RETRY_MS}\n\n`);
  let last = request.get('last-event-id');
  const show = (seen: T): void => {
    const { id, name, data } = stream.show(seen);
    const ended = name === 'end';
    if (id === last && !ended) return;
    last = id;
    response.write(`id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
    if (ended) close();
  };
  const keepAlive = setInterval(() => response.write(': still here\n\n'), KEEP_ALIVE_MS);
  let unfollow: (() => void) | undefined;
  const close = (): void => {
    clearInterval(keepAlive);
    unfollow?.();
    giveBack();
    stopping.removeEventListener('abort', close);
    response.end();
  };
  response.once('close', close);
  stopping.addEventListener('abort', close);
  show(first);
  if (stopping.aborted) close();
  else if (!response.writableEnded) unfollow = follow(show);
}
