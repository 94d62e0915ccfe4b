import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Serves an application on a free port, and returns its address. Adds a function to `closers` that closes the server and its connections. */
export async function listen(app: RequestListener, closers: (() => unknown)[]): Promise<string> {
  const server = createServer(app);
  // On a busy machine, a connection that has been idle for Node's five seconds may be closed while it is used for the next request.
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
