import { z } from 'zod';
import { ownTaskQueues } from '../contracts/task-queues.ts';
import {
  ageMs,
  type ApiConfig,
  emailList,
  type Environment,
  headerText,
  httpUrl,
  loadApiConfig,
  loadWorkerConfig,
  perSecond,
  timeoutMs,
  urlOf,
  type WorkerConfig,
} from 'durable-jobs/config';
import { durationMs, wholeNumber } from 'durable-jobs/values';

const DAY_MS = 86_400_000;

const api = z.object({
  PASSWORD_RESET_DELAY: durationMs
    .refine(
      (value) => value <= DAY_MS,
      'must be 1d or less: requests are deleted after PASSWORD_RESET_RETENTION',
    )
    .default(300_000),
});

/** The address of Stripe, or of a service with the same protocol. */
const providerUrl = httpUrl.refine(
  (url) => !URL.canParse(url) || new URL(url).pathname === '/',
  'must not have a path',
);

const worker = z
  .object({
    /** The mail server, which is required for an application that sends emails. */
    SMTP_URL: urlOf('smtp', 'smtps'),
    /** Calls to the payment provider per second, over all workers. */
    PAYMENTS_PER_SECOND: perSecond.default(25),
    STRIPE_API_KEY: headerText,
    STRIPE_API_URL: providerUrl.default('https://api.stripe.com'),
    /** The payment sandbox, which receives the payments if there is no Stripe key. */
    PAYMENT_SANDBOX_URL: providerUrl.optional(),
    PAYMENT_TIMEOUT: timeoutMs.default(20_000),
    PUBLIC_URL: httpUrl.default('http://127.0.0.1:3000'),
    /** Recipients of the daily report. */
    REPORT_RECIPIENTS: emailList.default([]),
    /** How far back payments, refunds and orders are compared with the payment provider. */
    RECONCILIATION_WINDOW: ageMs('1h', 'shorter windows leave gaps between runs').default(259_200_000),
    /** The time since the last change of an order or payment before it is compared, because changes in progress cannot be judged. */
    RECONCILIATION_QUIET_TIME: durationMs.default(600_000),
    /** Ages after which rows are deleted, archived, or deleted from the archive; docs/upkeep.md gives the reasons. */
    PASSWORD_RESET_RETENTION: ageMs('4d', 'emails are retried for three days').default(604_800_000),
    ARCHIVE_AFTER: ageMs('7d', 'reports read them').default(7_776_000_000),
    ARCHIVE_RETENTION: ageMs('1d', 'a shorter retention makes the archive pointless').default(63_072_000_000),
    FINDINGS_RETENTION: ageMs('1d', 'operators look at them').default(15_552_000_000),
    /** The broker's address of the queue of orders. */
    AMQP_QUEUE: z.string().min(1).default('orders-queue'),
    /** Messages with orders that are handled at the same time. */
    ORDER_CONSUMER_CREDIT: wholeNumber(1, 500).default(10),
    /** Recipients of maintenance reports, separated by commas. */
    MAINTENANCE_RECIPIENTS: emailList.default([]),
  })
  .refine(
    ({ RECONCILIATION_QUIET_TIME, RECONCILIATION_WINDOW }) =>
      RECONCILIATION_QUIET_TIME < RECONCILIATION_WINDOW,
    {
      path: ['RECONCILIATION_QUIET_TIME'],
      message: 'must be less than RECONCILIATION_WINDOW: nothing would be compared',
    },
  );

/** The configuration of the shop's API: the library's variables and the shop's own. */
export type ShopApiConfig = ApiConfig & z.output<typeof api>;
/** The configuration of the shop's worker: the library's variables and the shop's own. */
export type ShopWorkerConfig = WorkerConfig & z.output<typeof worker>;

/**
 * Loads the configuration of the shop's API.
 * @throws {ConfigError} that names every missing or invalid variable.
 */
export function loadShopApiConfig(env: Environment): ShopApiConfig {
  return loadApiConfig(env, api);
}

/**
 * Loads the configuration of the shop's worker.
 * @throws {ConfigError} that names every missing or invalid variable.
 */
export function loadShopWorkerConfig(env: Environment): ShopWorkerConfig {
  return loadWorkerConfig(usesSandbox(env) ? withSandbox(env) : env, ownTaskQueues, worker);
}

const isSet = (value: string | undefined): boolean => value !== undefined && value !== '';

/**
 * Whether payments go to the payment sandbox, because it is configured and neither a Stripe key nor another address is. No money is moved.
 */
export function usesSandbox(env: Environment): boolean {
  const { STRIPE_API_KEY, STRIPE_API_KEY_FILE, STRIPE_API_URL, STRIPE_API_URL_FILE } = env;
  const ofStripe = [STRIPE_API_KEY, STRIPE_API_KEY_FILE, STRIPE_API_URL, STRIPE_API_URL_FILE];
  return isSet(env.PAYMENT_SANDBOX_URL) && !ofStripe.some(isSet);
}

/** Returns the environment with the sandbox in place of Stripe; it accepts any test key. */
function withSandbox(env: Environment): Environment {
  return { ...env, STRIPE_API_KEY: 'sk_test_sandbox', STRIPE_API_URL: env.PAYMENT_SANDBOX_URL };
}
