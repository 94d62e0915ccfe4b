import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import type { ReqId } from 'pino-http';
import { isEngineUnavailable } from '../../engine/client.ts';
import { currentBounds } from '../../database/bounds.ts';
import { isRefusedValue } from '../../database/refused-value.ts';
import { isDatabaseUnavailable } from '../../database/unavailable.ts';
import { ClientLeftError } from '../client-left.ts';
import type { AnyProblem } from '../problem-kinds.ts';
import { Problem } from '../problem.ts';
import { linkTo, requestedPath } from '../mount.ts';
import { hasPages, sendPage } from '../pages.ts';
import { problemPage } from '../problem-page.ts';
import { prefersHtml } from '../representation.ts';

/** Problems that correspond to the failures with which workflows refuse an update, by the failure's `type`. */
export type UpdateRefusals = Readonly<Record<string, AnyProblem>>;

/** Problems that correspond to the errors of Express's body parser, by their `type`. */
const parserErrors: Record<string, { code: AnyProblem; detail: string }> = {
  'entity.too.large': {
    code: 'payloadTooLarge',
    detail: 'The body exceeds the size limit of this resource.',
  },
  'encoding.unsupported': { code: 'unsupportedMediaType', detail: 'The content encoding is not supported.' },
  'charset.unsupported': { code: 'unsupportedMediaType', detail: 'The charset is not supported; use UTF-8.' },
  'request.size.invalid': {
    code: 'validationFailed',
    detail: 'The body does not match Content-Length.',
  },
  'request.aborted': {
    code: 'validationFailed',
    detail: 'The request was aborted before its body arrived.',
  },
};

const retryLater = { 'Retry-After': '5' };

const answered = new WeakMap<Response, Problem>();

/** Returns the problem that a request was answered with, if any. */
export function problemOf(response: Response): Problem | undefined {
  return answered.get(response);
}

/** Responds to every path that has no route. */
export const unknownRoute: RequestHandler = (request) => {
  throw new Problem('notFound', `The path ${linkTo(request.path)} does not exist.`);
};

/** Creates the handler that converts errors to responses. An unknown error is logged and not shown. */
export function errorHandler(updateRefusals: UpdateRefusals = {}): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const problem = toProblem(error, updateRefusals);
    answered.set(response, problem);
    if (wasGivenUp(error)) request.log.info('the client disconnected before the response');
    else if (problem.status >= 500) request.log.error({ err: error }, 'the request failed');
    // The client sent an invalid value; the log records that no schema caught it.
    else if (isRefusedValue(error)) {
      request.log.error({ err: error }, 'the database refused a value that had passed validation');
    }
    const id = requestId(request.id);
    response.status(problem.status).set(problem.headers);
    if (hasPages(request) && isForAPerson(request, response)) {
      sendPage(request, response, problemPage(problem, id));
      return;
    }
    response
      .type('application/problem+json')
      .send(JSON.stringify(problem.toJSON(requestedPath(request), id)));
  };
}

/** Whether a person opens an address in a browser, rather than a program that accepts anything. */
function isForAPerson(request: Request, response: Response): boolean {
  return (
    (request.method === 'GET' || request.method === 'HEAD') &&
    prefersHtml(request, response, ['application/problem+json', 'application/json'])
  );
}

/** Whether a request failed because its client disconnected, which ends its queries and its upload. The service is not at fault. */
function wasGivenUp(error: unknown): boolean {
  return (
    error instanceof ClientLeftError || (currentBounds()?.aborted === true && isDatabaseUnavailable(error))
  );
}

function toProblem(error: unknown, updateRefusals: UpdateRefusals): Problem {
  if (error instanceof Problem) return error;
  // No client reads this response: it is for the audit trail.
  if (error instanceof ClientLeftError) return new Problem('validationFailed', 'The client disconnected.');
  const parser = parserErrors[String((error as { type?: unknown } | null)?.type)];
  if (parser) return new Problem(parser.code, parser.detail);
  // Other errors of Express and its parsers about what a client sent, such as a body whose gzip is invalid.
  const status = (error as { status?: unknown } | null)?.status;
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new Problem('validationFailed', 'The request could not be read.');
  }
  if (error instanceof URIError) return new Problem('validationFailed', 'The path is not valid.');
  if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) {
    const refusal = updateRefusals[error.cause.type ?? ''];
    if (refusal) return new Problem(refusal, error.cause.message);
  }
  if (isEngineUnavailable(error)) {
    return new Problem('engineUnavailable', 'Please try again in a few seconds.', { headers: retryLater });
  }
  if (isDatabaseUnavailable(error)) {
    return new Problem('databaseUnavailable', 'Please try again in a few seconds.', { headers: retryLater });
  }
  if (isRefusedValue(error)) {
    return new Problem('validationFailed', 'A value cannot be stored or compared.');
  }
  return new Problem('internalError', 'The error was logged with the request id.');
}

/** Returns the id that the request logger has set, see create-api.ts, as text. */
export function requestId(id: ReqId): string {
  return typeof id === 'string' ? id : '';
}
