import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';

/** Whether a host name or address is a loopback address, which only this machine can reach. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}

/** Returns every `Host` header of a request; `headers` contains only the first. */
export function hostsOf({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === 'host');
}

/**
 * Whether a request has exactly one `Host`, and it names this machine. A browser can reach loopback under any name that resolves to
 * 127.0.0.1, and treats the response as that site's own, but it sends that name.
 */
export function isForLoopback(request: IncomingMessage): boolean {
  const [, ipv6, name] =
    /^(?:\[([\da-f:]+)\]|([\w.-]+))(?::\d{1,5})?$/i.exec(request.headers.host ?? '') ?? [];
  return hostsOf(request).length === 1 && isLoopback((ipv6 ?? name ?? '').toLowerCase());
}

/**
 * Responds with 421 to a request under another host name if the server listens only on loopback: such a request comes from a page of a site
 * whose name resolves to this machine. Returns whether it did.
 */
export function refuseOtherHosts(
  listeningOn: string,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  if (!isLoopback(listeningOn) || isForLoopback(request)) return false;
  response.writeHead(421).end();
  return true;
}
