import express, { type Request, type RequestHandler } from 'express';
import { saysUtf8 } from '../../values/charset.ts';
import { JsonError, MAX_JSON_DEPTH, parseJson } from '../../values/parse-json.ts';
import { Problem } from '../problem.ts';
import { errorsAt } from '../validate.ts';

/** Whether a request has a body that is not empty. */
export function hasBody(request: Request): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.get('content-length')) > 0;
}

/** @throws {Problem} if a body declares a charset other than UTF-8. JSON and NDJSON are always UTF-8. */
export function requireUtf8(request: Request): void {
  if (saysUtf8(request.get('content-type') ?? '')) return;
  throw new Problem('unsupportedMediaType', 'The charset is not supported; use UTF-8.');
}

/**
 * Returns the body that a surrounding application has already parsed, as bytes; undefined if it has not been read yet. The bytes are
 * equivalent to those that arrived, so that the same rules apply to them.
 */
export function bytesReadBefore(request: Request): Buffer | undefined {
  const body: unknown = request.body;
  if (body === undefined || !hasBody(request)) return undefined;
  if (Buffer.isBuffer(body)) return body;
  try {
    return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  } catch (error) {
    // JSON.parse has no depth limit, but JSON.stringify has one.
    if (error instanceof RangeError) throw tooDeep(`must not be nested deeper than ${MAX_JSON_DEPTH} levels`);
    throw error;
  }
}

/** Reads JSON bodies of the given media types into `request.body`, which stays undefined if there is none. */
export function readJson({
  limit,
  type = 'application/json',
}: {
  limit: string;
  type?: string | (() => boolean);
}): RequestHandler {
  const readBytes: RequestHandler = express.raw({ limit, type });
  return (request, response, next) => {
    const before = bytesReadBefore(request);
    if (before) request.body = before;
    readBytes(request, response, (error?: unknown) => {
      if (error !== undefined) {
        next(error);
        return;
      }
      try {
        parseBytes(request as { body: unknown } & Request);
        next();
      } catch (thrown) {
        next(thrown);
      }
    });
  };
}

function parseBytes(request: { body: unknown } & Request): void {
  if (!Buffer.isBuffer(request.body)) return;
  const bytes = request.body;
  request.body = undefined;
  requireUtf8(request);
  if (bytes.length > 0) request.body = parseRequestJson(bytes);
}

function parseRequestJson(bytes: Buffer): unknown {
  try {
    return parseJson(bytes);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    switch (error.reason) {
      case 'encoding':
        throw new Problem('invalidJson', 'The body is not UTF-8.');
      case 'syntax':
        throw new Problem('invalidJson', 'The body could not be parsed as JSON.');
      case 'depth':
        throw tooDeep(error.message);
      case 'text':
        throw new Problem('validationFailed', 'The body contains text that cannot be stored.', {
          errors: errorsAt(error.faults, 'body'),
        });
    }
  }
}

function tooDeep(message: string): Problem {
  return new Problem('validationFailed', 'The body is nested too deep.', {
    errors: [{ path: 'body', message }],
  });
}
