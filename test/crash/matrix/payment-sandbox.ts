import { join } from 'node:path';
import { sourceFlag } from '../../../local/node-flags.mjs';
import type { ProcessSpec } from '../../../packages/durable-jobs/src/dev/supervised-process.ts';

/** How to run the payment sandbox as a process of its own. Its ledger is a file, which outlasts the process. */
export function paymentSandboxSpec({
  sources,
  port,
  stateFile,
  logFile,
}: {
  sources: string;
  port: number;
  stateFile: string;
  logFile: string;
}): ProcessSpec {
  return {
    name: 'payment provider',
    command: process.execPath,
    args: [sourceFlag, join(sources, 'tools/payment-sandbox/main.js')],
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      PAYMENT_SANDBOX_PORT: String(port),
      PAYMENT_SANDBOX_STATE: stateFile,
    },
    channel: true,
    logFile,
    isReady: async (signal) => (await fetch(`http://127.0.0.1:${port}/healthz`, { signal })).ok,
    readyTimeoutMs: 120_000,
    stopSignal: 'SIGTERM',
    stopGraceMs: 10_000,
  };
}
