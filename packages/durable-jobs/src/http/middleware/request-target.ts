import type { RequestHandler } from 'express';
import { Problem } from '../problem.ts';

/** A path and a query of the characters that RFC 3986 allows: no fragment, no full URL, only visible ASCII. */
const plain =
  /^(?<path>\/(?:[\w.~!$&'()*+,;=:@/-]|%[\dA-Fa-f]{2})*)(?:\?(?:[\w.~!$&'()*+,;=:@/?-]|%[\dA-Fa-f]{2})*)?$/;

/** What parsers, routers and proxies read differently: empty and dot segments, and escapes of `.`, `/`, `\` and control characters. */
const ambiguous = /\/\/|\/\.{1,2}(?:\/|$)|%(?:2[EFef]|5[Cc]|[01][\dA-Fa-f]|7[Ff])/;

/**
 * A segment with an id that callers choose: of a job, such as `send-invoice:2026%2F17`, or of a group. It may contain any character,
 * including those that separate segments.
 */
const idSegment = /\/-?[a-z][a-z0-9_.-]*(?::|%3[Aa])[^/]*|(?<=\/api\/groups)\/[^/]+/g;

/**
 * Refuses request targets that could be read in two ways, so that the router, the log, the audit trail, redirects and proxies all see the
 * same path.
 */
export const requirePlainTarget: RequestHandler = (request, _response, next) => {
  const path = plain.exec(request.originalUrl)?.groups?.path;
  if (path === undefined || !isUtf8(path) || isAmbiguous(path)) {
    throw new Problem(
      'validationFailed',
      'The request target must be a path, with or without a query, of the characters that RFC 3986 allows.',
    );
  }
  next();
};

/** Whether a path could be read in two ways. Its escapes are UTF-8. */
function isAmbiguous(path: string): boolean {
  const withoutKeys = path.replace(idSegment, (segment) =>
    hasDotSegments(decodeURIComponent(segment)) ? segment : segment.replace(/%(?:2F|5C)/gi, '-'),
  );
  return ambiguous.test(withoutKeys);
}

/** Whether text leads to a different path for programs that decode a path before they split it into segments. */
function hasDotSegments(text: string): boolean {
  return text.split(/[/\\]/).some((segment) => segment === '.' || segment === '..');
}

/** Whether the escapes of a path are UTF-8. */
function isUtf8(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
