import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import type { TelemetryOptions } from '@temporalio/worker';

/** The SDK's own metrics: the option with which its core serves them, and the function that reads them. */
export interface SdkMetrics {
  telemetry: Pick<TelemetryOptions, 'metrics'>;
  read: () => Promise<string>;
}

/**
 * Makes the SDK's core serve its metrics (polls, slots, caches, task latencies) on a free port of the loopback interface. The worker's own
 * `/metrics` reads them from there, so that there is one address to scrape.
 */
export async function sdkMetrics(): Promise<SdkMetrics> {
  const bindAddress = `127.0.0.1:${await freePort()}`;
  return {
    telemetry: {
      metrics: {
        prometheus: {
          bindAddress,
          countersTotalSuffix: true,
          unitSuffix: true,
          useSecondsForDurations: true,
        },
      },
    },
    async read() {
      const response = await fetch(`http://${bindAddress}/metrics`);
      if (!response.ok) throw new Error(`the metrics endpoint of the SDK returned ${response.status}`);
      return response.text();
    },
  };
}

/** Returns a free port. The core requires a fixed port, and does not report one that it chose. */
async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
