import type { Request } from 'express';
import { Readable, Transform } from 'node:stream';
import { ClientLeftError } from '../http/client-left.ts';
import { bytesReadBefore, requireUtf8 } from '../http/middleware/read-json.ts';
import { Problem } from '../http/problem.ts';
import { readJsonArray, readNdjson, type RawItem } from './read-items.ts';

/**
 * Reads the items of a request's body according to its content type. Reading fails if nothing arrives for `idleMs`, and with the signal's
 * reason when that aborts.
 * @throws {Problem} if the content type is not supported.
 */
export function itemsOf(
  request: Request,
  { maxBytes, idleMs, signal }: { maxBytes: number; idleMs: number; signal: AbortSignal },
): AsyncGenerator<RawItem> {
  if (request.get('content-encoding') !== undefined && request.get('content-encoding') !== 'identity') {
    throw new Problem('unsupportedMediaType', 'Send the items without Content-Encoding.');
  }
  requireUtf8(request);
  const before = bytesReadBefore(request);
  const source: Readable = before ? Readable.from([before]) : request;
  const body: Readable = source.pipe(bounded(maxBytes));
  // The reader throws the error. An error after the reader has stopped must not end the process.
  body.on('error', () => undefined);
  request.once('close', () => {
    if (!request.complete) body.destroy(new ClientLeftError());
  });
  signal.addEventListener('abort', () => body.destroy(signal.reason as Error));
  if (!before) endWhenIdle(request, body, idleMs);
  if (request.is('application/x-ndjson')) return readNdjson(body);
  if (request.is('application/json')) return readJsonArray(body);
  throw new Problem(
    'unsupportedMediaType',
    'Send a JSON array as application/json, or one JSON object per line as application/x-ndjson.',
  );
}

/** Aborts a body that has stalled. */
function endWhenIdle(request: Request, body: Readable, idleMs: number): void {
  const timer = setTimeout(() => {
    // The rest is buffered here and waits for the database.
    if (request.readableLength > 0 || body.readableLength > 0) timer.refresh();
    else body.destroy(stalled(idleMs));
  }, idleMs);
  request.on('data', () => timer.refresh());
  for (const event of ['end', 'close']) request.once(event, () => clearTimeout(timer));
  body.once('close', () => clearTimeout(timer));
}

function stalled(idleMs: number): Problem {
  return new Problem('uploadStalled', `No data arrived for ${idleMs / 1_000} s. Nothing was stored.`, {
    // Remaining bytes would be taken for the next request.
    headers: { Connection: 'close' },
  });
}

function bounded(maxBytes: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > maxBytes) done(tooLarge(`${maxBytes} bytes`));
      else done(null, chunk);
    },
  });
}

/** The problem of a bulk job that exceeds `limit`. */
export function tooLarge(limit: string): Problem {
  return new Problem('payloadTooLarge', `A bulk job accepts at most ${limit}. Nothing was stored.`);
}
