import Stripe from 'stripe';
import { refuseInTransaction } from 'durable-jobs/database';
import type { CallBudget } from './call-budget.ts';
import { createHttpClient } from './http-client.ts';

/** The provider's state of a payment. */
export type PaymentState =
  | { status: 'succeeded' }
  | { status: 'declined'; code: string; message: string }
  /** Neither taken nor refused yet: it can still be confirmed, or is being processed. */
  | { status: 'open' }
  | { status: 'released' };

/** The provider cannot be reached, reported an internal error, or took too long: the outcome is unknown. */
export class PaymentUnavailableError extends Error {
  override readonly name: string = 'PaymentUnavailableError';
}

/** The provider is available and accepts no more calls for now. The payment was not looked at. */
export class PaymentRateLimitedError extends PaymentUnavailableError {
  override readonly name = 'PaymentRateLimitedError';
  /** The minimum wait that the provider requests; undefined if it specifies none. */
  readonly retryAfterMs: number | undefined;
  constructor(message: string, retryAfterMs: number | undefined, options: ErrorOptions) {
    super(message, options);
    this.retryAfterMs = retryAfterMs;
  }
}

/** The provider understood the request and will never accept it. */
export class PaymentRejectedError extends Error {
  override readonly name = 'PaymentRejectedError';
  readonly code: string;
  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

/** A payment as the provider lists it; amounts are in minor units. */
export interface ListedPayment {
  intentId: string;
  /** `orderId` of its metadata, which all of our payments have; null if the payment belongs to another system. */
  orderId: string | null;
  status: 'succeeded' | 'open' | 'released';
  amountMinor: number;
  receivedMinor: number;
  /** Three lower-case letters. */
  currency: string;
  createdAt: Date;
}

/** A refund as the provider lists it; its amount is in minor units. */
export interface ListedRefund {
  refundId: string;
  intentId: string;
  amountMinor: number;
  /** False if it failed or was cancelled, so that nothing was refunded. */
  effective: boolean;
  createdAt: Date;
}

/** A part of a list, newest first. */
export interface ListedPage<T> {
  items: T[];
  /** The value of `after` for the next page; undefined on the last page. */
  next: string | undefined;
}

/**
 * The payment provider, in terms of Stripe's PaymentIntents. An intent takes money at most once, however often it is confirmed. This makes
 * a charge safe to repeat even after an idempotency key has expired. Every method throws {@link PaymentUnavailableError} or {@link
 * PaymentRejectedError}.
 */
export interface PaymentProvider {
  /** Creates a payment without taking money; the same key returns the same intent. Returns its id. */
  createIntent: (intent: {
    amountMinor: number;
    currency: string;
    metadata: Record<string, string>;
    idempotencyKey: string;
  }) => Promise<string>;
  getState: (intentId: string) => Promise<PaymentState>;
  /**
   * Changes the amount of an intent that has taken no money. The same amount again changes nothing. `settled`: the intent can no longer be
   * changed, because it has taken its money, is taking it, or is released.
   */
  changeAmount: (intentId: string, amountMinor: number) => Promise<'changed' | 'settled'>;
  /** Takes the money from a payment method, once. */
  confirm: (intentId: string, paymentMethod: string, idempotencyKey: string) => Promise<PaymentState>;
  /** Ensures that an intent can take no more money; `succeeded` if it has already taken it. */
  release: (intentId: string, idempotencyKey: string) => Promise<PaymentState>;
  /** Refunds an intent in full, once. Returns the refund's id and amount. */
  refund: (
    intentId: string,
    options: { metadata: Record<string, string>; idempotencyKey: string },
  ) => Promise<{ refundId: string; amountMinor: number }>;
  /** Returns up to a hundred payments that were created at that time or later. */
  listPayments: (query: { createdFrom: Date; after?: string }) => Promise<ListedPage<ListedPayment>>;
  /** Returns up to a hundred refunds that were created at that time or later. Those without a payment intent are not ours. */
  listRefunds: (query: { createdFrom: Date; after?: string }) => Promise<ListedPage<ListedRefund>>;
  /** Returns a payment with its refunds; undefined if the provider does not know it. */
  findPayment: (intentId: string) => Promise<{ payment: ListedPayment; refunds: ListedRefund[] } | undefined>;
}

/** Creates a client of Stripe, or of a service with its protocol at `apiUrl`, with `timeoutMs` for each call. */
export function createStripeProvider(options: {
  apiKey: string;
  apiUrl: string;
  timeoutMs: number;
  /** Awaited before each call. */
  budget?: Pick<CallBudget, 'take'>;
}): PaymentProvider {
  const url = new URL(options.apiUrl);
  const https = url.protocol === 'https:';
  const httpClient = createHttpClient(options.budget);
  const client = new Stripe(options.apiKey, {
    ...(httpClient && { httpClient }),
    host: url.hostname,
    port: url.port || (https ? 443 : 80),
    protocol: https ? 'https' : 'http',
    timeout: options.timeoutMs,
    // Temporal makes the retries: a second policy below it would multiply the attempts and hide them. (The SDK still
    // repeats a call once if the connection was closed, with the same key.)
    maxNetworkRetries: 0,
    telemetry: false,
  });

  /** The HTTP client of every call. */
  const stripe = (): Stripe => {
    refuseInTransaction('the payment provider was called');
    return client;
  };

  const getState = async (intentId: string): Promise<PaymentState> =>
    toState(await call(() => stripe().paymentIntents.retrieve(intentId)));

  /** Confirms an intent. A declined card is a result, and so is the state of an intent that has changed in the meantime. */
  const transition = async (
    intentId: string,
    key: string,
    request: (key: string) => Promise<Stripe.PaymentIntent>,
  ): Promise<PaymentState> => {
    try {
      return toState(await pastReplayedErrors(key, request));
    } catch (error) {
      if (error instanceof Stripe.errors.StripeCardError) return declined(error);
      if (isCode(error, 'payment_intent_unexpected_state')) return getState(intentId);
      if (isUnknownPaymentMethod(error)) {
        return declined({ code: 'unknown_payment_method', message: 'There is no such payment method.' });
      }
      throw translate(error);
    }
  };

  return {
    getState,
    async createIntent({ amountMinor, currency, metadata, idempotencyKey }) {
      const intent = await call(() =>
        pastReplayedErrors(idempotencyKey, (key) =>
          stripe().paymentIntents.create(
            {
              amount: amountMinor,
              currency,
              metadata,
              automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
            },
            { idempotencyKey: key },
          ),
        ),
      );
      return intent.id;
    },
    async changeAmount(intentId, amountMinor) {
      try {
        await stripe().paymentIntents.update(intentId, { amount: amountMinor });
        return 'changed';
      } catch (error) {
        if (isCode(error, 'payment_intent_unexpected_state')) return 'settled';
        throw translate(error);
      }
    },
    async confirm(intentId, paymentMethod, idempotencyKey) {
      return transition(intentId, idempotencyKey, (key) =>
        stripe().paymentIntents.confirm(intentId, { payment_method: paymentMethod }, { idempotencyKey: key }),
      );
    },
    async release(intentId, idempotencyKey) {
      return transition(intentId, idempotencyKey, (key) =>
        stripe().paymentIntents.cancel(intentId, {}, { idempotencyKey: key }),
      );
    },
    async refund(intentId, { metadata, idempotencyKey }) {
      try {
        const refund = await pastReplayedErrors(idempotencyKey, (key) =>
          stripe().refunds.create({ payment_intent: intentId, metadata }, { idempotencyKey: key }),
        );
        return { refundId: refund.id, amountMinor: refund.amount };
      } catch (error) {
        if (!isCode(error, 'charge_already_refunded')) throw translate(error);
        const [refund] = (await call(() => stripe().refunds.list({ payment_intent: intentId, limit: 1 })))
          .data;
        if (!refund) throw translate(error);
        return { refundId: refund.id, amountMinor: refund.amount };
      }
    },
    async listPayments(query) {
      const page = await call(() => stripe().paymentIntents.list(toListParams(query)));
      return { items: page.data.map(toListedPayment), next: nextOf(page) };
    },
    async listRefunds(query) {
      const page = await call(() => stripe().refunds.list(toListParams(query)));
      return { items: page.data.flatMap(toListedRefund), next: nextOf(page) };
    },
    async findPayment(intentId) {
      try {
        const intent = await stripe().paymentIntents.retrieve(intentId);
        // An intent takes money once, and nobody makes more than a hundred partial refunds of it.
        const refunds = await stripe().refunds.list({ payment_intent: intentId, limit: PAGE_LENGTH });
        return { payment: toListedPayment(intent), refunds: refunds.data.flatMap(toListedRefund) };
      } catch (error) {
        if (isCode(error, 'resource_missing')) return undefined;
        throw translate(error);
      }
    },
  };
}

/** Stripe's maximum for a page (docs.stripe.com/api/pagination). */
const PAGE_LENGTH = 100;

/** Pages continue from the id of the last object, so that new objects do not move anything. Stripe counts in seconds. */
function toListParams({ createdFrom, after }: { createdFrom: Date; after?: string }) {
  return {
    created: { gte: Math.floor(createdFrom.getTime() / 1000) },
    limit: PAGE_LENGTH,
    ...(after !== undefined && { starting_after: after }),
  };
}

function nextOf(page: Stripe.ApiList<{ id: string }>): string | undefined {
  return page.has_more ? page.data.at(-1)?.id : undefined;
}

function toListedPayment(intent: Stripe.PaymentIntent): ListedPayment {
  return {
    intentId: intent.id,
    orderId: intent.metadata.orderId ?? null,
    status: listedStatus(intent.status),
    amountMinor: intent.amount,
    receivedMinor: intent.amount_received,
    currency: intent.currency,
    createdAt: new Date(intent.created * 1000),
  };
}

function listedStatus(status: Stripe.PaymentIntent.Status): ListedPayment['status'] {
  if (status === 'succeeded') return 'succeeded';
  return status === 'canceled' ? 'released' : 'open';
}

function toListedRefund(refund: Stripe.Refund): ListedRefund[] {
  const intent = refund.payment_intent;
  if (intent === null) return [];
  return [
    {
      refundId: refund.id,
      intentId: typeof intent === 'string' ? intent : intent.id,
      amountMinor: refund.amount,
      effective: refund.status !== 'failed' && refund.status !== 'canceled',
      createdAt: new Date(refund.created * 1000),
    },
  ];
}

/**
 * Sends a request with a key, and with a second key if the first one only returns a stored server error. Stripe stores a 5xx that occurred
 * after it began to execute, and repeats it for every later request with that key (docs.stripe.com/api/idempotent_requests): without the
 * second key, the order could never be paid or refunded. Nothing can happen twice, because the objects themselves prevent it: an intent
 * takes money once, a charge is refunded once, and a superfluous intent is never confirmed.
 */
async function pastReplayedErrors<T>(key: string, request: (key: string) => Promise<T>): Promise<T> {
  try {
    return await request(key);
  } catch (error) {
    if (!isReplayedServerError(error)) throw error;
    return request(`${key}:after-replayed-error`);
  }
}

async function call<T>(request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    throw translate(error);
  }
}

function toState(intent: Stripe.PaymentIntent): PaymentState {
  switch (intent.status) {
    case 'succeeded':
      return { status: 'succeeded' };
    case 'canceled':
      return { status: 'released' };
    case 'requires_payment_method': {
      const error = intent.last_payment_error;
      return error ? declined(error) : { status: 'open' };
    }
    case 'requires_action':
      // A background job cannot answer a challenge, so the card is unusable for it.
      return declined({ code: 'authentication_required', message: 'The card needs authentication.' });
    default:
      return { status: 'open' };
  }
}

function declined(error: {
  decline_code?: string | undefined;
  code?: string | undefined;
  message?: string | undefined;
}): PaymentState {
  return {
    status: 'declined',
    // The SDK returns an empty decline code if Stripe returns none, for example for an expired card.
    code: [error.decline_code, error.code].find((code) => code) ?? 'declined',
    message: error.message ?? 'The card was declined.',
  };
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Stripe.errors.StripeError && error.code === code;
}

/** A payment method that was mistyped or no longer exists: another one may work. */
function isUnknownPaymentMethod(error: unknown): boolean {
  return isCode(error, 'resource_missing') && (error as { param?: unknown }).param === 'payment_method';
}

function isReplayedServerError(error: unknown): boolean {
  return (
    error instanceof Stripe.errors.StripeError &&
    (error.statusCode ?? 0) >= 500 &&
    error.headers?.['idempotent-replayed'] === 'true'
  );
}

/** Classifies the SDK's errors as temporary or permanent. */
function translate(error: unknown): unknown {
  if (!(error instanceof Stripe.errors.StripeError)) return error;
  const what = [error.statusCode, error.code ?? error.type].filter(Boolean).join(' ');
  const answered = error.statusCode !== undefined;
  const message = answered
    ? `the payment provider returned an error: ${error.message} (${what})`
    : 'the payment provider could not be reached, or did not respond in time';
  if (error instanceof Stripe.errors.StripeRateLimitError) {
    const seconds = Number(error.headers?.['retry-after']);
    const retryAfterMs = Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : undefined;
    return new PaymentRateLimitedError(message, retryAfterMs, { cause: error });
  }
  const unavailable =
    error instanceof Stripe.errors.StripeConnectionError ||
    // An invalid key is fixed by configuration; the order must still exist then.
    error instanceof Stripe.errors.StripeAuthenticationError ||
    error.code === 'idempotency_key_in_use' ||
    error.code === 'lock_timeout' ||
    !answered ||
    error.statusCode >= 500 ||
    error.statusCode === 409;
  if (unavailable) return new PaymentUnavailableError(message, { cause: error });
  return Object.assign(new PaymentRejectedError(message, error.code ?? error.type), { cause: error });
}
