import { sourceOf, type StackInfo } from 'durable-jobs/dev/running';
import { PAYMENT_SANDBOX } from './payment-sandbox.ts';

/** Returns why the demo cannot run with a stack, and what to do; undefined if it can. */
export function whyNot(stack: StackInfo | undefined): string | undefined {
  if (!stack) {
    return 'The stack is not running. Start it with `npm start` in another terminal, then run the demo again.';
  }
  const down = ['api', 'worker'].filter((name) => stack.processes[name] === undefined);
  if (down.length > 0)
    return `The stack is not ready: its ${down.join(' and ')} is not running. See its terminal.`;
  const replaced = [
    stack.ownUrls[PAYMENT_SANDBOX] === undefined && { part: 'payment sandbox', variable: 'STRIPE_API_KEY' },
    stack.urls.inbox === undefined && { part: 'inbox', variable: 'SMTP_URL' },
  ].filter((one) => one !== false);
  if (replaced.length === 0) return undefined;
  const causes = replaced.map(({ part, variable }) => {
    const { name, inEnvFile } = sourceOf(stack, variable);
    return { part, name, where: inEnvFile ? '.env' : 'its environment' };
  });
  const lines = causes.map(
    ({ part, name, where }) => `  - The stack has no ${part}, because ${where} sets ${name}.`,
  );
  const without = causes.map(({ name }) => `${name}=`).join(' ');
  return [
    'The demo makes payments fail and reads the emails, so it requires the payment sandbox and the inbox.',
    ...lines,
    `Stop the stack, start it with \`${without} npm start\`, and run the demo again.`,
  ].join('\n');
}
