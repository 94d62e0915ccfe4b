import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import type { TelemetryOptions } from '@temporalio/worker';

/** The SDK's own metrics: if its core serves them, and what reads them from there. */
export interface SdkMetrics {
  telemetry: Pick<TelemetryOptions, 'metrics'>;
  read: () => Promise<string>;
}

/**
 * Has the core of the SDK serve its metrics (polls, slots, caches, task latencies) on a free port of loopback, from where
 * the worker's own `/metrics` reads them, so that there is one address to scrape.
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

/** The core takes a fixed port alone, and does not tell of one that it chose. */
async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
