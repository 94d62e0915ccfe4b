import type { RequestHandler } from 'express';
import { requestedPath } from './mount.ts';
import { prefersPage } from './pages.ts';

/**
 * Redirects a browser that submitted a form without the pages' script to the address that the form stands for. It belongs behind
 * `requirePlainTarget`: the path of a request that it has not checked could name another host.
 */
export const redirectToPlainSearch: RequestHandler = (request, response, next) => {
  const elsewhere = request.method === 'GET' ? plainAddress(requestedPath(request)) : undefined;
  if (elsewhere !== undefined && prefersPage(request, response)) {
    response.redirect(elsewhere);
    return;
  }
  next();
};

const withoutZone = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/;

/**
 * Returns the address that a form's query stands for, if it differs: a browser without the page's script sends empty fields too, and times
 * without a time zone, which are taken for UTC.
 */
function plainAddress(requested: string): string | undefined {
  const [path = '', ...rest] = requested.split('?');
  const plain = new URLSearchParams();
  let differs = false;
  for (const [name, value] of new URLSearchParams(rest.join('?'))) {
    const trimmed = value.trim();
    const text = withoutZone.test(trimmed) ? `${trimmed}${trimmed.length === 16 ? ':00' : ''}Z` : trimmed;
    if (text !== value || text === '') differs = true;
    if (text !== '') plain.append(name, text);
  }
  if (!differs) return undefined;
  const query = plain.toString();
  return path + (query === '' ? '' : `?${query}`);
}
