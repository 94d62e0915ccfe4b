import type { IncomingMessage } from 'node:http';
import { LOCAL_API_KEY, type ApiConfig } from '../config/config.ts';
import { isForLoopback, isForwarded, isFromThisMachine, isLoopback } from '../config/loopback.ts';

/** The key of a service on a developer's own machine: the well-known local one, or one that its environment sets. */
export type LocalKey = 'well-known' | 'own';

/**
 * Returns what the sign-in page may say about the key; undefined unless this is a developer's own machine. It says nothing in production
 * (NODE_ENV, which is `production` by default), if the service listens on an address that others can reach, or to a request for another
 * host name, from another machine, or through a proxy: a tunnel may write the name of this machine into `Host`.
 */
export function localKeyOf(
  { NODE_ENV, API_HOST, apiKey }: Pick<ApiConfig, 'NODE_ENV' | 'API_HOST' | 'apiKey'>,
  request: IncomingMessage,
): LocalKey | undefined {
  if (NODE_ENV === 'production' || !isLoopback(API_HOST)) return undefined;
  if (!isForLoopback(request) || isForwarded(request) || !isFromThisMachine(request)) return undefined;
  return apiKey === LOCAL_API_KEY ? 'well-known' : 'own';
}
