import type { Request, Response } from 'express';
import type { BulkJob } from '../../platform/repositories/bulk-jobs.ts';
import { hasEnded, presentBulkJob } from './present.ts';
import type { BulkProgress } from './progress.ts';

/** Proxies close what is silent for longer. */
const KEEP_ALIVE_MS = 15_000;
/** What a client waits before it connects again. */
const RETRY_MS = 2_000;

/**
 * Streams a job's progress as server-sent events: `progress` at each change, `end` once, after which the stream ends. An
 * event's id says what it showed, so a client that comes back with `Last-Event-ID` gets what is new since.
 */
export function streamEvents(
  request: Request,
  response: Response,
  job: BulkJob,
  { progress, stopping }: { progress: BulkProgress; stopping: AbortSignal },
): void {
  response.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-store',
    // nginx would hold the events back.
    'X-Accel-Buffering': 'no',
  });
  response.write(`retry: ${RETRY_MS}\n\n`);
  let shown = request.get('last-event-id');
  const show = (current: BulkJob): void => {
    const id = `${current.status}.${current.done}.${current.failed}`;
    const ended = hasEnded(current.status);
    if (id === shown && !ended) return;
    shown = id;
    const data = JSON.stringify(presentBulkJob(current, Date.now()));
    response.write(`id: ${id}\nevent: ${ended ? 'end' : 'progress'}\ndata: ${data}\n\n`);
    if (ended) close();
  };
  const keepAlive = setInterval(() => response.write(': still here\n\n'), KEEP_ALIVE_MS);
  let unfollow: (() => void) | undefined;
  const close = (): void => {
    clearInterval(keepAlive);
    unfollow?.();
    stopping.removeEventListener('abort', close);
    response.end();
  };
  response.once('close', close);
  stopping.addEventListener('abort', close);
  show(job);
  if (stopping.aborted) close();
  else if (!response.writableEnded) unfollow = progress.follow(job.id, show);
}
