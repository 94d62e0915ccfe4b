import { z } from 'zod';

import { startPaymentSandbox } from './server.ts';

const environment = z
  .object({
    PAYMENT_SANDBOX_PORT: z.coerce.number().int().min(0).max(65_535).default(12_111),
    PAYMENT_SANDBOX_HOST: z.string().min(1).default('127.0.0.1'),
    PAYMENT_SANDBOX_STATE: z.string().min(1).default('.state/payment-sandbox.jsonl'),
  })
  .safeParse(process.env);
if (!environment.success) {
  console.error(z.prettifyError(environment.error));
  process.exit(1);
}

const starting = startPaymentSandbox({
  host: environment.data.PAYMENT_SANDBOX_HOST,
  port: environment.data.PAYMENT_SANDBOX_PORT,
  stateFile: environment.data.PAYMENT_SANDBOX_STATE,
});

const stop = () => {
  starting
    .then((sandbox) => sandbox.close())
    .then(
      () => process.exit(0),
      () => process.exit(1),
    );
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
// Whoever started this process is gone: nobody would ever stop it.
process.once('disconnect', stop);
if ('connected' in process && !process.connected) stop();

try {
  const { url } = await starting;
  console.log(`payment sandbox ready at ${url}`);
} catch (error) {
  console.error(
    `The payment sandbox cannot start: ${error instanceof Error ? error.message : String(error)}`,
  );
  process.exit(1);
}
