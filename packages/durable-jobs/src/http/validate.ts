import type { Request } from 'express';
import type { z } from 'zod';
import { Problem, type FieldError } from './problem.ts';

/** The request's body as its schema sees it. @throws {Problem} listing every field that is wrong. */
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

/** The path's parameters as their schema sees them. @throws {Problem} listing every one that is wrong. */
export function parseParams<T>(request: Request, schema: z.ZodType<T>): T {
  return parse(schema, request.params, 'path');
}

/** The query string as its schema sees it. @throws {Problem} listing every parameter that is wrong. */
export function parseQuery<T>(request: Request, schema: z.ZodType<T>): T {
  requireDecodable(request.originalUrl.split('?').slice(1).join('?'));
  return parse(schema, request.query, 'query');
}

/** What parses query strings replaces escapes that are not UTF-8. @throws {Problem} if there are any. */
function requireDecodable(query: string): void {
  try {
    decodeURIComponent(query);
  } catch {
    throw new Problem('validationFailed', 'The query is not valid.', {
      errors: [{ path: 'query', message: 'must be UTF-8 in percent-encoding' }],
    });
  }
}

/** Anything as its schema sees it. @throws {Problem} listing every field that is wrong. */
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

/** What is wrong with a value that stands at `place` of something larger. */
export function listErrors(error: z.ZodError, place: string): FieldError[] {
  return within(
    place,
    error.issues.flatMap((issue) => toFieldErrors(issue, '')),
  );
}

/** The same errors, of a value that stands at `place` of something larger. */
export function within(place: string, errors: readonly FieldError[]): FieldError[] {
  return errors.map(({ path, message }) => ({ path: path === '' ? place : `${place}: ${path}`, message }));
}

/** Faults as errors of fields; those of the value itself are at `where`. */
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
