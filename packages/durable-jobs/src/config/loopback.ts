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

/** Headers with which a proxy, a tunnel or a content network names itself, the client or the requested host. */
const forwardingHeader =
  /^(x-forwarded|x-real-ip$|x-original-|x-client-ip$|forwarded$|via$|cf-|cdn-loop$|true-client-ip$)/;

/** Whether a request reached the server through a proxy, a tunnel or a content network that says so. */
export function isForwarded({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return Object.keys(headers).some((name) => forwardingHeader.test(name));
}

/** Headers with a list of clients or of requested hosts. */
const forwardedNames = ['x-forwarded-for', 'x-forwarded-host', 'x-real-ip'];

/**
 * Whether a proxy says that a request comes from another machine or was made for another host name. A proxy of a developer's own, such as that
 * of a bundler, names this machine.
 */
export function isForwardedFromElsewhere({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  const listed = forwardedNames.flatMap((name) => [headers[name] ?? []].flat().join(',').split(','));
  const standard = [...(headers.forwarded ?? '').matchAll(/(?:for|host)=("[^"]*"|[^;,\s]*)/gi)];
  return [...listed, ...standard.map(([, value = '']) => value)]
    .map((value) => value.trim().replaceAll('"', '').toLowerCase())
    .some((value) => value !== '' && !isLoopback(hostOf(value)));
}

/** Returns a host without its port and without the brackets of an IPv6 address. */
function hostOf(value: string): string {
  const [, ipv6, name] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d{1,5})?$/.exec(value) ?? [];
  return (ipv6 ?? name ?? value).replace(/^::ffff:/, '');
}

/** Whether both ends of a request's connection are on this machine. */
export function isFromThisMachine({ socket }: Pick<IncomingMessage, 'socket'>): boolean {
  return [socket.localAddress, socket.remoteAddress].every((address) =>
    isLoopback((address ?? '').replace(/^::ffff:/, '')),
  );
}
