import type { Request } from 'express';
import { Problem } from '../http/problem.ts';

/**
 * Lets pass only what a page of this service itself has sent. `SameSite` alone does not see to that: it takes every port of
 * a host, and every subdomain, for the same site.
 * @throws {Problem} `crossOriginRequest`
 */
export function requireSameOrigin(request: Request): void {
  const site = request.get('sec-fetch-site');
  // Browsers say it themselves where the connection is trusted (TLS, or loopback); elsewhere there is the page's origin.
  const proven =
    site === undefined ? hostOf(request.get('origin')) === request.get('host') : site === 'same-origin';
  if (!proven) {
    throw new Problem(
      'crossOriginRequest',
      'A browser session may be used by the pages of this service alone; programs send a key.',
    );
  }
}

function hostOf(origin: string | undefined): string | null {
  return origin !== undefined && URL.canParse(origin) ? new URL(origin).host : null;
}
