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

/** The address of Stripe, or of what speaks its protocol. */
const providerUrl = httpUrl.refine(
  (url) => !URL.canParse(url) || new URL(url).pathname === '/',
  'must not have a path',
);

const worker = z
  .object({
    /** Where emails go: an application that sends them cannot do without. */
    SMTP_URL: urlOf('smtp', 'smtps'),
    /** Calls per second to the payment provider, over all workers. */
    PAYMENTS_PER_SECOND: perSecond.default(25),
    STRIPE_API_KEY: headerText,
    STRIPE_API_URL: providerUrl.default('https://api.stripe.com'),
    /** The payment sandbox, which takes the payments while there is no key of Stripe. */
    PAYMENT_SANDBOX_URL: providerUrl.optional(),
    PAYMENT_TIMEOUT: timeoutMs.default(20_000),
    PUBLIC_URL: httpUrl.default('http://127.0.0.1:3000'),
    /** Who is mailed the daily report. */
    REPORT_RECIPIENTS: emailList.default([]),
    /** How far back payments, refunds and orders are compared with the payment provider. */
    RECONCILIATION_WINDOW: ageMs('1h', 'shorter windows leave gaps between runs').default(259_200_000),
    /** Time since the last change of an order or payment before it is compared, because changes in progress can't be judged. */
    RECONCILIATION_QUIET_TIME: durationMs.default(600_000),
    /** Ages after which rows are deleted, archived, or deleted from the archive; docs/upkeep.md says what needs them. */
    PASSWORD_RESET_RETENTION: ageMs('4d', 'emails are retried for three days').default(604_800_000),
    ARCHIVE_AFTER: ageMs('7d', 'reports read them').default(7_776_000_000),
    ARCHIVE_RETENTION: ageMs('1d', 'a shorter retention makes the archive pointless').default(63_072_000_000),
    FINDINGS_RETENTION: ageMs('1d', 'operators look at them').default(15_552_000_000),
    /** The broker's address of the queue of orders. */
    AMQP_QUEUE: z.string().min(1).default('orders-queue'),
    /** Messages with orders that are in progress at once. */
    ORDER_CONSUMER_CREDIT: wholeNumber(1, 500).default(10),
    /** Who gets the report of a maintenance: addresses with commas between them. */
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
 * Reads the configuration of the shop's API.
 * @throws {ConfigError} naming every variable that is missing or invalid.
 */
export function loadShopApiConfig(env: Environment): ShopApiConfig {
  return loadApiConfig(env, api);
}

/**
 * Reads the configuration of the shop's worker.
 * @throws {ConfigError} naming every variable that is missing or invalid.
 */
export function loadShopWorkerConfig(env: Environment): ShopWorkerConfig {
  return loadWorkerConfig(usesSandbox(env) ? withSandbox(env) : env, ownTaskQueues, worker);
}

const isSet = (value: string | undefined): boolean => value !== undefined && value !== '';

/**
 * Whether payments go to the payment sandbox, because there is one, and neither a key of Stripe nor another address. No money moves there.
 */
export function usesSandbox(env: Environment): boolean {
  const { STRIPE_API_KEY, STRIPE_API_KEY_FILE, STRIPE_API_URL, STRIPE_API_URL_FILE } = env;
  const ofStripe = [STRIPE_API_KEY, STRIPE_API_KEY_FILE, STRIPE_API_URL, STRIPE_API_URL_FILE];
  return isSet(env.PAYMENT_SANDBOX_URL) && !ofStripe.some(isSet);
}

/** The environment with the sandbox in the place of Stripe; it accepts any test key. */
function withSandbox(env: Environment): Environment {
  return { ...env, STRIPE_API_KEY: 'sk_test_sandbox', STRIPE_API_URL: env.PAYMENT_SANDBOX_URL };
}
