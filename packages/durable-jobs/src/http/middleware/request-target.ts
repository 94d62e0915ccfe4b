import type { RequestHandler } from 'express';
import { Problem } from '../problem.ts';

/** A path and a query of the characters that RFC 3986 has for them: no fragment, no whole URL, nothing but visible ASCII. */
const plain =
  /^(?<path>\/(?:[\w.~!$&'()*+,;=:@/-]|%[\dA-Fa-f]{2})*)(?:\?(?:[\w.~!$&'()*+,;=:@/?-]|%[\dA-Fa-f]{2})*)?$/;

/** What parsers, routers and proxies read in ways of their own: empty and dot segments, and escapes of `.`, `/`, `\` and controls. */
const ambiguous = /\/\/|\/\.{1,2}(?:\/|$)|%(?:2[EFef]|5[Cc]|[01][\dA-Fa-f]|7[Ff])/;

/**
 * Refuses request targets that could be read in two ways. Everything after it (router, log, audit trail, redirects, proxies
 * in front) then sees the same path.
 */
export const requirePlainTarget: RequestHandler = (request, _response, next) => {
  const path = plain.exec(request.originalUrl)?.groups?.path;
  if (path === undefined || ambiguous.test(path) || !isUtf8(path)) {
    throw new Problem(
      'validationFailed',
      'The request target must be a path, with or without a query, of the characters that RFC 3986 allows.',
    );
  }
  next();
};

/** Whether the escapes of a path are UTF-8. */
function isUtf8(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
