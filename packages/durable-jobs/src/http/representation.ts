import type { Request, Response } from 'express';
import { Problem } from './problem.ts';

const listed = new Intl.ListFormat('en', { type: 'conjunction' });

/**
 * Returns the media type that a request prefers among those offered, by the qualities in its `Accept` header; undefined if it accepts none of
 * them. Of types that it accepts equally, it prefers the one that it names first; without `Accept`, or if it accepts anything, the first one offered.
 * The response varies by `Accept`.
 */
export function preferredType<T extends string>(
  request: Request,
  response: Response,
  offered: readonly T[],
): T | undefined {
  response.vary('Accept');
  const accepted = request.accepts([...offered]);
  return offered.find((type) => type === accepted);
}

/**
 * Returns the media type in which a request is to get a resource; see {@link preferredType}. `what` names the resource in the problem, such as
 * `An invoice`.
 * @throws {Problem} `notAcceptable` if the request accepts none of those offered.
 */
export function representationFor<T extends string>(
  request: Request,
  response: Response,
  what: string,
  offered: readonly T[],
): T {
  const type = preferredType(request, response, offered);
  if (type === undefined)
    throw new Problem('notAcceptable', `${what} is available as ${listed.format(offered)}.`);
  return type;
}

/**
 * Whether a request gets HTML rather than one of the types for programs. With a key, it is a program's and gets HTML only if it accepts none of
 * them. The response varies by `Accept`.
 */
export function prefersHtml(request: Request, response: Response, forPrograms: readonly string[]): boolean {
  const type = preferredType(request, response, [...forPrograms, 'text/html']);
  if (type !== 'text/html' || (request.get('authorization') ?? '') === '') return type === 'text/html';
  return request.accepts([...forPrograms]) === false;
}
