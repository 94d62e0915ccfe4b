import {
  apiKeyOf,
  databaseOf,
  listed,
  sourceOf,
  type StackInfo,
  temporalUiOf,
} from 'durable-jobs/dev/running';
import { PAYMENT_SANDBOX } from './payment-sandbox.ts';

/** The address of a stack's console. */
export function consoleAddress({ urls }: Pick<StackInfo, 'urls'>): string {
  return `${urls.api}/`;
}

/** Returns what a running stack offers, the console first, and what to try. It has no secret of the environment's. */
export function welcome(info: StackInfo, logs: string): string {
  const { urls, ownUrls } = info;
  const sandbox = ownUrls[PAYMENT_SANDBOX];
  const rows = listed([
    ['console', consoleAddress(info)],
    ['API key', apiKeyOf(info)],
    ['API', urls.api],
    ['health', `${urls.api}/readyz, worker ${urls.workerHealth}/readyz`],
    ['metrics', `${urls.apiMetrics}, worker ${urls.workerHealth}/metrics`],
    ['Temporal Web UI', temporalUiOf(info)],
    ['inbox', urls.inbox],
    [
      'payments',
      sandbox === undefined
        ? `Stripe, with the key in ${sourceOf(info, 'STRIPE_API_KEY').name}`
        : `sandbox, ${sandbox}`,
    ],
    ['PostgreSQL', databaseOf(info)],
    ['logs', logs],
  ]);
  // An address of its own for each start: the second registration of one is refused.
  const body = JSON.stringify({
    email: `ada+${Date.now().toString(36)}@example.com`,
    name: 'Ada',
    password: 'correct horse battery staple',
  });
  const mail = urls.inbox === undefined ? '' : ', and find the welcome email in the inbox';
  return [
    ...rows,
    `\nTry it: register a user${mail}.\n`,
    `  curl -i ${urls.api}/api/auth/register -H 'content-type: application/json' \\`,
    `    -d '${body}'\n`,
  ].join('\n');
}
