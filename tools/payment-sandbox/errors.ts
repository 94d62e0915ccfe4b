import type Stripe from 'stripe';

/** What Stripe puts under `error` (docs.stripe.com/api/errors); keys without a value are left out, as Stripe does. */
export type StripeErrorBody = {
  type: 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error';
  message: string;
  code?: string;
  decline_code?: string;
  param?: string;
  charge?: string;
  payment_intent?: Stripe.PaymentIntent;
};

/**
 * An answer that is an error. `executed` says on which side of the border it was made that decides about idempotency:
 * Stripe keeps an answer only if the endpoint had begun to execute (docs.stripe.com/api/idempotent_requests).
 */
export class StripeFailure extends Error {
  override readonly name = 'StripeFailure';
  readonly status: number;
  readonly body: StripeErrorBody;
  readonly executed: boolean;
  readonly headers: Record<string, string>;
  constructor(
    status: number,
    body: StripeErrorBody,
    options: { executed?: boolean; headers?: Record<string, string> } = {},
  ) {
    super(body.message);
    this.status = status;
    this.body = body;
    this.executed = options.executed ?? false;
    this.headers = options.headers ?? {};
  }
}

/** A parameter that is missing, unknown or malformed: 400, found before anything was executed. */
export function invalidParam(param: string, message: string, code?: string): StripeFailure {
  return new StripeFailure(400, {
    type: 'invalid_request_error',
    message,
    param,
    ...(code === undefined ? {} : { code }),
  });
}

/**
 * An object that doesn't exist: 404 if the URL or a refund names it, 400 if it is a payment method in the body. Stripe's documents don't
 * say on which side of the execution this falls; it is never true later, so it isn't kept.
 */
export function resourceMissing(
  kind: string,
  id: string,
  param: string,
  status: 400 | 404 = 404,
): StripeFailure {
  return new StripeFailure(status, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    message: `No such ${kind}: '${id}'.`,
    param,
  });
}

/** A request that the object's state forbids: 400 with the intent as it is (docs.stripe.com/error-codes). */
export function unexpectedState(paymentIntent: Stripe.PaymentIntent, message: string): StripeFailure {
  return new StripeFailure(
    400,
    {
      type: 'invalid_request_error',
      code: 'payment_intent_unexpected_state',
      message,
      payment_intent: paymentIntent,
    },
    { executed: true },
  );
}

/** The error that Stripe would give with a status, for faults that are injected rather than caused. */
export function errorForStatus(status: number): StripeErrorBody {
  const message = `Fault injected by the payment sandbox: status ${status}.`;
  // The limiter's code is the one in docs.stripe.com/error-codes#rate-limit.
  if (status === 429) return { type: 'invalid_request_error', code: 'rate_limit', message };
  if (status === 409) return { type: 'invalid_request_error', code: 'idempotency_key_in_use', message };
  if (status === 402) {
    return { type: 'card_error', code: 'card_declined', decline_code: 'generic_decline', message };
  }
  return { type: status >= 500 ? 'api_error' : 'invalid_request_error', message };
}
