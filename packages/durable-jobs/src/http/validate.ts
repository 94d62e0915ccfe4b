import type { Request } from 'express';
import type { z } from 'zod';
import { Problem, type FieldError } from './problem.ts';

/**
 * Parses the request's body.
 * @throws {Problem} that lists every invalid field.
 */
export function parseBody<T>(request: Request, schema: z.ZodType<T>): T {
  if (request.body === undefined) {
    if (/^application\/json\b/i.test(request.get('content-type') ?? '')) {
      throw new Problem('validationFailed', 'The body is empty.', {
        errors: [{ path: 'body', message: 'is missing' }],
      });
    }
    throw new Problem('unsupportedMediaType', 'Send a JSON body with `Content-Type: application/json`.');
  }
  return parse(schema, request.body, 'body');
}

/**
 * Parses the parameters of the path.
 * @throws {Problem} that lists every invalid parameter.
 */
export function parseParams<T>(request: Request, schema: z.ZodType<T>): T {
  return parse(schema, request.params, 'path');
}

/**
 * Parses the query string.
 * @throws {Problem} that lists every invalid parameter.
 */
export function parseQuery<T>(request: Request, schema: z.ZodType<T>): T {
  requireDecodable(request.originalUrl.split('?').slice(1).join('?'));
  return parse(schema, request.query, 'query');
}

/**
 * Refuses escapes that are not UTF-8, which the query parser would replace.
 * @throws {Problem} if there are any.
 */
function requireDecodable(query: string): void {
  try {
    decodeURIComponent(query);
  } catch {
    throw new Problem('validationFailed', 'The query is not valid.', {
      errors: [{ path: 'query', message: 'must be UTF-8 in percent-encoding' }],
    });
  }
}

/**
 * Parses any value.
 * @throws {Problem} that lists every invalid field.
 */
export function parseValue<T>(value: unknown, schema: z.ZodType<T>): T {
  return parse(schema, value, 'body');
}

function parse<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.flatMap((issue) => toFieldErrors(issue, where));
  throw new Problem(
    'validationFailed',
    errors.length === 1 ? 'One field is not valid.' : `${errors.length} fields are not valid.`,
    { errors },
  );
}

/** Returns the errors of a value that is at `place` in a larger one. */
export function listErrors(error: z.ZodError, place: string): FieldError[] {
  return within(
    place,
    error.issues.flatMap((issue) => toFieldErrors(issue, '')),
  );
}

/** Returns the same errors for a value that is at `place` in a larger one. */
export function within(place: string, errors: readonly FieldError[]): FieldError[] {
  return errors.map(({ path, message }) => ({ path: path === '' ? place : `${place}: ${path}`, message }));
}

/** Converts faults to errors of fields; those of the value itself are at `where`. */
export function errorsAt(
  faults: readonly { path: readonly PropertyKey[]; message: string }[],
  where: string,
): FieldError[] {
  return faults.map(({ path, message }) => ({ path: pathOf(path, where), message }));
}

function toFieldErrors(issue: z.core.$ZodIssue, where: string): FieldError[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: pathOf([...issue.path, key], where), message: 'unknown field' }));
  }
  return [{ path: pathOf(issue.path, where), message: issue.message }];
}

function pathOf(path: readonly PropertyKey[], where: string): string {
  if (path.length === 0) return where;
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');
}
