import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';

/** Whether a host name or address is this machine's own: what listens there can be reached from this machine alone. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}

/** Every `Host` that a request was sent with; `headers` holds the first alone. */
export function hostsOf({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === 'host');
}

/**
 * Whether a request names this machine itself in its one `Host`. A browser can reach loopback under any name that
 * resolves to 127.0.0.1, and takes the answer for that site's own; but it says under which name.
 */
export function isForLoopback(request: IncomingMessage): boolean {
  const [, ipv6, name] =
    /^(?:\[([\da-f:]+)\]|([\w.-]+))(?::\d{1,5})?$/i.exec(request.headers.host ?? '') ?? [];
  return hostsOf(request).length === 1 && isLoopback((ipv6 ?? name ?? '').toLowerCase());
}

/**
 * Answers 421 to a request under another host name, where the server listens on loopback alone: it comes from the page of a site
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
