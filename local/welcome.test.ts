import type { StackInfo } from 'durable-jobs/dev/running';
import { expect, it } from 'vitest';
import { PAYMENT_SANDBOX } from './payment-sandbox.ts';
import { welcome } from './welcome.ts';
import { whyNot } from './why-not.ts';

/** A stack that `npm start` runs without a `.env`. */
const stack: StackInfo = {
  pid: 1,
  startedAt: '2026-01-01T00:00:00Z',
  urls: {
    api: 'http://127.0.0.1:3000',
    workerHealth: 'http://127.0.0.1:3001',
    apiMetrics: 'http://127.0.0.1:3002/metrics',
    temporalAddress: '127.0.0.1:7233',
    temporalUi: 'http://127.0.0.1:8233',
    database: 'postgres://postgres:generated@127.0.0.1:54329/durable_jobs',
    inbox: 'http://127.0.0.1:1080',
    smtp: 'smtp://127.0.0.1:1025',
  },
  ownUrls: { [PAYMENT_SANDBOX]: 'http://127.0.0.1:12111' },
  apiKey: 'local-dev-key',
  fromEnvFile: [],
  processes: { api: 2, worker: 3, postgres: 4 },
};

/** The same with the `.env` that docker compose requires, a real payment provider and other servers. */
const external: StackInfo = {
  ...stack,
  urls: withoutInbox({
    ...stack.urls,
    database: 'postgres://ada:secret@db/jobs',
    smtp: 'smtp://ada:secret@mail',
  }),
  ownUrls: {},
  apiKey: 'a-key-of-my-own-0123456789',
  fromEnvFile: ['API_KEY', 'STRIPE_API_KEY_FILE'],
  processes: { api: 2, worker: 3 },
};

function withoutInbox({ inbox, ...urls }: StackInfo['urls']): StackInfo['urls'] {
  expect(inbox).toBeDefined();
  return urls;
}

it('names the console first, and then its key', () => {
  const [first, second] = welcome(stack, '/logs').split('\n');
  expect(first).toBe('  console          http://127.0.0.1:3000/');
  expect(second).toBe('  API key          local-dev-key');
});

it('names where the values of other servers are, and no secret of them', () => {
  const text = welcome(external, '/logs');
  expect(text).toContain('API key          the one in API_KEY in .env');
  expect(text).toContain('payments         Stripe, with the key in STRIPE_API_KEY_FILE');
  expect(text).toContain('PostgreSQL       postgres://ada@db/jobs');
  expect(text).not.toMatch(/secret|a-key-of-my-own|inbox/);
});

it('has the demo run on a stack with a sandbox and an inbox', () => {
  expect(whyNot(stack)).toBeUndefined();
  expect(whyNot(undefined)).toContain('The stack is not running.');
  expect(whyNot({ ...stack, processes: { api: 2 } })).toContain('its worker is not running');
});

it('says why the demo refuses, and how to start the stack for it', () => {
  expect(whyNot(external)).toBe(
    `The demo makes payments fail and reads the emails, so it requires the payment sandbox and the inbox.
  - The stack has no payment sandbox, because .env sets STRIPE_API_KEY_FILE.
  - The stack has no inbox, because its environment sets SMTP_URL.
Stop the stack, start it with \`STRIPE_API_KEY_FILE= SMTP_URL= npm start\`, and run the demo again.`,
  );
});
