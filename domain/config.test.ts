import { describe, expect, it } from 'vitest';
import { ConfigError } from 'durable-jobs/config';
import { loadShopApiConfig, loadShopWorkerConfig, usesSandbox } from './config.ts';

const api = { NODE_ENV: 'development', DATABASE_URL: 'postgres://localhost/jobs' };
const worker = { ...api, SMTP_URL: 'smtp://localhost:1025', STRIPE_API_KEY: 'sk_test_1' };

/** Returns the faults of an environment, one per line. */
function problemsOf(load: () => unknown): readonly string[] {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe("the shop's configuration", () => {
  it("has the library's variables and its own", () => {
    expect(loadShopApiConfig(api)).toMatchObject({ API_PORT: 3000, PASSWORD_RESET_DELAY: 300_000 });
    expect(loadShopWorkerConfig(worker)).toMatchObject({
      WORKER_TASK_QUEUES: ['jobs', 'mail', 'payments', 'bulk', 'services'],
      PAYMENTS_PER_SECOND: 25,
      AMQP_QUEUE: 'orders-queue',
    });
  });

  it('names every invalid variable at once', () => {
    const problems = problemsOf(() =>
      loadShopWorkerConfig({
        NODE_ENV: 'development',
        DATABASE_URL: 'mysql://user:hunter2@db/x',
        SMTP_URL: 'smtp://localhost:1025',
        WORKER_TASK_QUEUES: 'jobs,unknown',
        PAYMENT_TIMEOUT: 'soon',
      }),
    );
    expect(problems.map((problem) => problem.split(':')[0]).toSorted()).toEqual([
      'DATABASE_URL',
      'PAYMENT_TIMEOUT',
      'STRIPE_API_KEY',
      'WORKER_TASK_QUEUES',
    ]);
  });

  it('refuses to delay a password reset beyond the time that its request is kept', () => {
    for (const value of ['25h', '30d']) {
      expect(problemsOf(() => loadShopApiConfig({ ...api, PASSWORD_RESET_DELAY: value }))).toEqual([
        expect.stringMatching(/^PASSWORD_RESET_DELAY: must be 1d or less/),
      ]);
    }
  });

  it.each([
    ['PAYMENTS_PER_SECOND', ['0', '-1', '1e9', '0x10', 'Infinity']],
    ['PAYMENT_TIMEOUT', ['0s']],
    ['STRIPE_API_KEY', ['sk_test 1', 'sk_t\u00e4st_1']],
    ['STRIPE_API_URL', ['http://localhost:12111/v1', 'https://api.stripe.com?a']],
    ['PUBLIC_URL', ['https://jobs.example?next=']],
    ['RECONCILIATION_QUIET_TIME', ['3d', '30d']],
  ])('refuses what %s of a worker cannot be', (name, values) => {
    for (const value of values) {
      const problems = problemsOf(() => loadShopWorkerConfig({ ...worker, [name]: value }));
      expect(problems, value).toEqual([expect.stringMatching(`^${name}: must `)]);
    }
  });

  it('accepts URLs with and without a trailing slash', () => {
    expect(
      loadShopWorkerConfig({
        ...worker,
        PUBLIC_URL: 'https://example.com/jobs/',
        STRIPE_API_URL: 'http://127.0.0.1:12111/',
      }),
    ).toMatchObject({ PUBLIC_URL: 'https://example.com/jobs', STRIPE_API_URL: 'http://127.0.0.1:12111' });
  });

  it('reads whom the daily report goes to', () => {
    expect(loadShopWorkerConfig(worker).REPORT_RECIPIENTS).toEqual([]);
    const list = ' ada@example.com, grace@example.com,ada@example.com,';
    expect(loadShopWorkerConfig({ ...worker, REPORT_RECIPIENTS: list }).REPORT_RECIPIENTS).toEqual([
      'ada@example.com',
      'grace@example.com',
    ]);
    expect(
      problemsOf(() => loadShopWorkerConfig({ ...worker, REPORT_RECIPIENTS: 'ada@example.com,nobody' })),
    ).toEqual(['REPORT_RECIPIENTS: must be email addresses separated by commas']);
  });

  it('sends payments to the sandbox while there is no key of Stripe', () => {
    const { STRIPE_API_KEY, ...withoutKey } = worker;
    const sandbox = { PAYMENT_SANDBOX_URL: 'http://payment-sandbox:12111' };
    expect(usesSandbox({ ...withoutKey, ...sandbox, STRIPE_API_KEY: '' })).toBe(true);
    expect(loadShopWorkerConfig({ ...withoutKey, ...sandbox })).toMatchObject({
      STRIPE_API_KEY: 'sk_test_sandbox',
      STRIPE_API_URL: 'http://payment-sandbox:12111',
    });
    expect(usesSandbox({ ...sandbox, STRIPE_API_KEY })).toBe(false);
    expect(usesSandbox({ ...sandbox, STRIPE_API_KEY_FILE: '/run/secrets/stripe-api-key' })).toBe(false);
    const elsewhere = { ...withoutKey, ...sandbox, STRIPE_API_URL: 'https://api.stripe.com' };
    expect(usesSandbox(elsewhere)).toBe(false);
    expect(problemsOf(() => loadShopWorkerConfig(elsewhere))).toEqual(['STRIPE_API_KEY: is missing']);
    expect(loadShopWorkerConfig({ ...worker, ...sandbox })).toMatchObject({
      STRIPE_API_KEY,
      STRIPE_API_URL: 'https://api.stripe.com',
    });
    expect(problemsOf(() => loadShopWorkerConfig({ ...worker, PAYMENT_SANDBOX_URL: 'sandbox' }))).toEqual([
      expect.stringMatching(/^PAYMENT_SANDBOX_URL: must be a URL/),
    ]);
  });
});
