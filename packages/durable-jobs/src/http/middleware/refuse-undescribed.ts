import type { Request, RequestHandler } from 'express';
import type { ResourceDocs, RouteDocs } from '../openapi/describe.ts';
import { Problem, type FieldError } from '../problem.ts';
import { routeOf } from '../routing/matched-route.ts';

/**
 * Refuses query parameters and body fields of routes whose description has none. Other routes check theirs by a schema, which is also
 * strict. Otherwise a misspelled or misplaced field would be ignored, and the caller would believe that it had an effect.
 */
export function refuseUndescribed(resources: readonly ResourceDocs[]): RequestHandler {
  const described: ReadonlyMap<string, RouteDocs> = new Map(
    resources.flatMap(({ routes }) => Object.entries(routes)),
  );
  return (request, _response, next) => {
    const route = routeOf(request);
    const docs = route && described.get(`${route.method} ${route.path}`);
    if (docs) {
      const errors = [
        ...(docs.query ? [] : unknownParameters(request)),
        ...(docs.body ? [] : unknownFields(request.body)),
      ];
      if (errors.length > 0) {
        throw new Problem('validationFailed', 'The request has fields that this route does not accept.', {
          errors,
        });
      }
    }
    next();
  };
}

function unknownParameters(request: Request): FieldError[] {
  return Object.keys(request.query).map((name) => ({ path: name, message: 'unknown query parameter' }));
}

function unknownFields(body: unknown): FieldError[] {
  if (body === undefined) return [];
  // An empty object means nothing: some clients send one with every request that changes something.
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return [{ path: 'body', message: 'must be empty' }];
  }
  return Object.keys(body).map((name) => ({ path: name, message: 'unknown field' }));
}
