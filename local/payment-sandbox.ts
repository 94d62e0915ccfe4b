import { join } from 'node:path';
import { answersOk, type OwnPart } from 'durable-jobs/dev';
import { nodeProcess } from './node-process.ts';
import { stateDir } from './paths.ts';

/** Names the payment sandbox among the stack's own servers. */
export const PAYMENT_SANDBOX = 'payment-sandbox';

/** Where the payment sandbox listens, and the variable that moves it. */
export const sandboxPort = { variable: 'PAYMENT_SANDBOX_PORT', preferred: 12_111 } as const;

/** The payment sandbox as a part of the stack. */
export function paymentSandbox(env: NodeJS.ProcessEnv): OwnPart {
  return {
    name: PAYMENT_SANDBOX,
    port: sandboxPort,
    spec: (port) => ({
      ...nodeProcess('tools/payment-sandbox/main.ts'),
      env: {
        ...env,
        [sandboxPort.variable]: String(port),
        PAYMENT_SANDBOX_STATE: join(stateDir, 'payment-sandbox.jsonl'),
      },
      isReady: answersOk(`http://127.0.0.1:${port}/healthz`),
      stopGraceMs: 10_000,
    }),
    env: (url) => ({ STRIPE_API_KEY: 'sk_test_sandbox', STRIPE_API_URL: url }),
  };
}
