import express, { type Request, type RequestHandler } from 'express';
import { saysUtf8 } from '../../values/charset.ts';
import { JsonError, parseJson } from '../../values/parse-json.ts';
import { Problem } from '../problem.ts';
import { errorsAt } from '../validate.ts';

/** Whether a request comes with a body that is not empty. */
export function hasBody(request: Request): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.get('content-length')) > 0;
}

/** @throws {Problem} where a body says that it is in another charset than UTF-8, as JSON and NDJSON always are. */
export function requireUtf8(request: Request): void {
  if (saysUtf8(request.get('content-type') ?? '')) return;
  throw new Problem('unsupportedMediaType', 'The charset is not supported; use UTF-8.');
}

/** Reads JSON bodies of the media types given into `request.body`, which stays undefined where there is none. */
export function readJson({
  limit,
  type = 'application/json',
}: {
  limit: string;
  type?: string | (() => boolean);
}): RequestHandler {
  const readBytes: RequestHandler = express.raw({ limit, type });
  return (request, response, next) => {
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
        throw new Problem('validationFailed', 'The body is nested too deep.', {
          errors: [{ path: 'body', message: error.message }],
        });
      case 'text':
        throw new Problem('validationFailed', 'The body contains text that can not be stored.', {
          errors: errorsAt(error.faults, 'body'),
        });
    }
  }
}
