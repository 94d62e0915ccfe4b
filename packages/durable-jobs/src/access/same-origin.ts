import type { Request } from 'express';
import { Problem } from '../http/problem.ts';

/**
 * Accepts only requests from pages of this service. `SameSite` does not ensure that: it treats every port of a host and every subdomain as
 * the same site.
 * @throws {Problem} `crossOriginRequest`
 */
export function requireSameOrigin(request: Request): void {
  const site = request.get('sec-fetch-site');
  // Browsers send `Sec-Fetch-Site` on trusted connections (TLS or loopback); otherwise the page's origin is compared.
  const proven =
    site === undefined ? hostOf(request.get('origin')) === request.get('host') : site === 'same-origin';
  if (!proven) {
    throw new Problem(
      'crossOriginRequest',
      'A browser session is accepted only from the pages of this service; programs must send an API key.',
    );
  }
}

function hostOf(origin: string | undefined): string | null {
  return origin !== undefined && URL.canParse(origin) ? new URL(origin).host : null;
}
