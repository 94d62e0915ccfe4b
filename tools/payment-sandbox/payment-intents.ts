import type Stripe from 'stripe';
import { z } from 'zod';
import { isCurrency, LARGEST_AMOUNT_MINOR, stepOf } from '../../contracts/money.ts';
import { invalidParam, resourceMissing, StripeFailure, unexpectedState } from './errors.ts';
import type { StripeErrorBody } from './errors.ts';
import { newId } from './ids.ts';
import type { Ledger } from './ledger.ts';
import { listPage, listParams } from './lists.ts';
import { toUnixSeconds } from './operation.ts';
import type { ExecutionContext, Operation, Outcome } from './operation.ts';
import { flag, integer, metadata, parseParams } from './params.ts';
import { findTestCard } from './test-cards.ts';
import type { CardOutcome } from './test-cards.ts';

/** From docs.stripe.com/currencies#minimum-and-maximum-charge-amounts, of those whose customers are most. */
const smallestAmounts: ReadonlyMap<string, number> = new Map([
  ['aud', 50],
  ['cad', 50],
  ['chf', 50],
  ['eur', 50],
  ['gbp', 30],
  ['jpy', 50],
  ['usd', 50],
]);

const whenConfirming = {
  payment_method: z.string().min(1).optional(),
  off_session: z.union([flag, z.enum(['one_off', 'recurring']).transform(() => true)]).optional(),
  return_url: z.url().optional(),
  receipt_email: z.string().optional(),
};

const createParams = z.strictObject({
  ...whenConfirming,
  amount: integer({ min: 1, max: 999_999_999_999_999 }),
  currency: z.string().toLowerCase().refine(isCurrency, { error: 'This currency is not supported.' }),
  confirm: flag.default(false),
  metadata: metadata.default({}),
  description: z.string().optional(),
  automatic_payment_methods: z
    .strictObject({ enabled: flag, allow_redirects: z.enum(['always', 'never']).optional() })
    .optional(),
  payment_method_types: z.array(z.literal('card')).min(1).optional(),
});

/** POST /v1/payment_intents (docs.stripe.com/api/payment_intents/create). */
export const createPaymentIntent: Operation = ({ input }) => {
  const params = parseParams(createParams, input);
  if (params.amount > LARGEST_AMOUNT_MINOR) {
    throw invalidParam('amount', `The amount must be at most ${LARGEST_AMOUNT_MINOR}.`, 'amount_too_large');
  }
  const smallest = smallestAmounts.get(params.currency) ?? 1;
  if (params.amount < smallest) {
    throw invalidParam('amount', `The amount must be at least ${smallest}.`, 'amount_too_small');
  }
  const step = stepOf(params.currency);
  if (params.amount % step !== 0) {
    throw invalidParam('amount', `The amount must be a multiple of ${step} in ${params.currency}.`);
  }
  if (params.automatic_payment_methods?.enabled && params.payment_method_types) {
    throw invalidParam(
      'payment_method_types',
      'Automatic payment methods and a list are mutually exclusive.',
    );
  }
  for (const name of ['off_session', 'return_url'] as const) {
    if (!params.confirm && params[name] !== undefined) {
      throw invalidParam(name, `${name} is only for a call with confirm=true.`);
    }
  }
  if (params.confirm && params.payment_method === undefined) {
    throw invalidParam(
      'payment_method',
      'A payment method is required to confirm the intent.',
      'parameter_missing',
    );
  }
  const card = params.payment_method === undefined ? undefined : cardOf(params.payment_method);

  return (context) => {
    const intent = newPaymentIntent(params, context.now);
    if (!card) return changed(intent);
    const withCard: Stripe.PaymentIntent = {
      ...intent,
      // Stripe makes a payment method of its own from the test one and shows its id; the test one's name is easier to read.
      payment_method: params.payment_method ?? null,
      status: 'requires_confirmation',
    };
    return params.confirm ? confirm(withCard, card, params, context) : changed(withCard);
  };
};

const confirmParams = z.strictObject({ ...whenConfirming, error_on_requires_action: flag.optional() });

/**
 * POST /v1/payment_intents/:id/confirm (docs.stripe.com/api/payment_intents/confirm). An intent that has taken its
 * money refuses a second confirmation, whatever its idempotency key: the last guard against charging twice.
 */
export const confirmPaymentIntent: Operation = ({ id, input, ledger }) => {
  const params = parseParams(confirmParams, input);
  const given = params.payment_method === undefined ? undefined : cardOf(params.payment_method);
  existing(ledger, id);

  return (context) => {
    const intent = existing(ledger, id);
    // docs.stripe.com/payments/paymentintents/lifecycle
    const isOpen =
      intent.status === 'requires_payment_method' ||
      intent.status === 'requires_confirmation' ||
      intent.status === 'requires_action';
    if (!isOpen) throw unexpectedState(intent, `This intent is ${intent.status}: it cannot be confirmed.`);
    const paymentMethod = params.payment_method ?? paymentMethodId(intent);
    const card = given ?? (paymentMethod === undefined ? undefined : cardOf(paymentMethod));
    if (!card || paymentMethod === undefined) {
      throw unexpectedState(intent, 'A payment method is required to confirm the intent.');
    }
    return confirm({ ...intent, payment_method: paymentMethod }, card, params, context);
  };
};

/** GET /v1/payment_intents/:id */
export const retrievePaymentIntent: Operation = ({ id, input, ledger }) => {
  parseParams(z.strictObject({ client_secret: z.string().optional() }), input);
  return () => ({ status: 200, body: existing(ledger, id), changes: [] });
};

const listPaymentIntentParams = z.strictObject(listParams);

/** GET /v1/payment_intents */
export const listPaymentIntents: Operation = ({ input, ledger }) => {
  const query = parseParams(listPaymentIntentParams, input);
  return () => ({
    status: 200,
    body: listPage('/v1/payment_intents', ledger.paymentIntents.values(), query),
    changes: [],
  });
};

const updateParams = z.strictObject({ amount: z.coerce.number().int().min(1).max(LARGEST_AMOUNT_MINOR) });

/**
 * POST /v1/payment_intents/:id: the amount alone, and only while no money is taken
 * (docs.stripe.com/api/payment_intents/update).
 */
export const updatePaymentIntent: Operation = ({ id, input, ledger }) => {
  const { amount } = parseParams(updateParams, input);
  existing(ledger, id);
  return () => {
    const intent = existing(ledger, id);
    if (intent.status === 'succeeded' || intent.status === 'canceled' || intent.status === 'processing') {
      throw unexpectedState(intent, `This intent is ${intent.status}: its amount cannot be changed.`);
    }
    return changed({ ...intent, amount });
  };
};

const cancelParams = z.strictObject({
  cancellation_reason: z.enum(['abandoned', 'duplicate', 'fraudulent', 'requested_by_customer']).optional(),
});

/** POST /v1/payment_intents/:id/cancel: possible until the money is taken (docs.stripe.com/api/payment_intents/cancel). */
export const cancelPaymentIntent: Operation = ({ id, input, ledger }) => {
  const params = parseParams(cancelParams, input);
  existing(ledger, id);
  return ({ now }) => {
    const intent = existing(ledger, id);
    if (intent.status === 'succeeded' || intent.status === 'canceled') {
      throw unexpectedState(intent, `This intent is ${intent.status}: it cannot be canceled.`);
    }
    return changed({
      ...intent,
      status: 'canceled',
      canceled_at: toUnixSeconds(now),
      cancellation_reason: params.cancellation_reason ?? null,
      next_action: null,
    });
  };
};

type ConfirmOptions = {
  off_session?: boolean | undefined;
  return_url?: string | undefined;
  receipt_email?: string | undefined;
  error_on_requires_action?: boolean | undefined;
};

function confirm(
  asked: Stripe.PaymentIntent,
  card: CardOutcome,
  options: ConfirmOptions,
  context: ExecutionContext,
): Outcome {
  const intent: Stripe.PaymentIntent = {
    ...asked,
    receipt_email: options.receipt_email ?? asked.receipt_email,
    last_payment_error: null,
    next_action: null,
  };
  const automatic = intent.automatic_payment_methods;
  // A method that redirects the customer needs somewhere to come back to, unless the intent excludes such methods
  // (docs.stripe.com/api/payment_intents/create#create_payment_intent-automatic_payment_methods-allow_redirects).
  if (
    automatic?.enabled &&
    automatic.allow_redirects !== 'never' &&
    !options.return_url &&
    !options.off_session
  ) {
    throw new StripeFailure(
      400,
      {
        type: 'invalid_request_error',
        message:
          'This intent accepts payment methods that redirect: give a return_url, or create it with ' +
          'automatic_payment_methods[allow_redirects]=never.',
        param: 'return_url',
      },
      { executed: true },
    );
  }
  switch (card.kind) {
    case 'succeeds': {
      const chargeId = newId('ch');
      return changed(
        { ...intent, status: 'succeeded', amount_received: intent.amount, latest_charge: chargeId },
        {
          kind: 'charge',
          value: {
            id: chargeId,
            paymentIntent: intent.id,
            amountMinor: intent.amount,
            currency: intent.currency,
            idempotencyKey: context.idempotencyKey,
            // Copied, as Stripe does for the charge of an intent (docs.stripe.com/metadata).
            metadata: intent.metadata,
            refundedMinor: 0,
            createdAt: context.now.toISOString(),
          },
        },
      );
    }
    case 'declines':
      return declined(intent, card);
    case 'requires-action':
      if (options.off_session || options.error_on_requires_action) {
        return declined(intent, {
          code: 'authentication_required',
          declineCode: 'authentication_required',
          message: 'The card requires authentication.',
        });
      }
      return changed({
        ...intent,
        status: 'requires_action',
        next_action: { type: 'use_stripe_sdk', use_stripe_sdk: {} },
      });
  }
}

/** A declined card is 402, and takes the intent back to where it waits for another payment method. */
function declined(
  intent: Stripe.PaymentIntent,
  reason: { code: string; declineCode?: string; message: string },
): Outcome {
  const error = {
    type: 'card_error',
    code: reason.code,
    message: reason.message,
    // The failed charge has an id, but is no entry of the ledger, which holds money that moved.
    charge: newId('ch'),
    ...(reason.declineCode === undefined ? {} : { decline_code: reason.declineCode }),
  } satisfies StripeErrorBody;
  const after: Stripe.PaymentIntent = {
    ...intent,
    status: 'requires_payment_method',
    payment_method: null,
    latest_charge: error.charge,
    last_payment_error: error,
  };
  return {
    status: 402,
    body: { error: { ...error, payment_intent: after } },
    changes: [{ kind: 'paymentIntent', value: after }],
  };
}

function changed(intent: Stripe.PaymentIntent, ...more: Outcome['changes']): Outcome {
  return { status: 200, body: intent, changes: [{ kind: 'paymentIntent', value: intent }, ...more] };
}

function existing(ledger: Ledger, id: string): Stripe.PaymentIntent {
  const intent = ledger.paymentIntents.get(id);
  if (!intent) throw resourceMissing('payment_intent', id, 'intent');
  return intent;
}

function cardOf(paymentMethod: string): CardOutcome {
  const card = findTestCard(paymentMethod);
  if (!card) throw resourceMissing('PaymentMethod', paymentMethod, 'payment_method', 400);
  return card;
}

function paymentMethodId(intent: Stripe.PaymentIntent): string | undefined {
  return typeof intent.payment_method === 'string' ? intent.payment_method : intent.payment_method?.id;
}

function newPaymentIntent(params: z.output<typeof createParams>, now: Date): Stripe.PaymentIntent {
  const id = newId('pi');
  const { automatic_payment_methods: automatic, payment_method_types: types } = params;
  // Without either parameter Stripe turns automatic payment methods on, redirects included
  // (docs.stripe.com/api/payment_intents/create#create_payment_intent-automatic_payment_methods).
  const isAutomatic = automatic?.enabled ?? !types;
  return {
    id,
    object: 'payment_intent',
    allowed_payment_method_types: null,
    amount: params.amount,
    amount_capturable: 0,
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: isAutomatic
      ? { enabled: true, allow_redirects: automatic?.allow_redirects ?? 'always' }
      : null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: 'automatic_async',
    client_secret: `${id}_${newId('secret')}`,
    confirmation_method: 'automatic',
    created: toUnixSeconds(now),
    currency: params.currency,
    customer: null,
    customer_account: null,
    description: params.description ?? null,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: params.metadata,
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: ['card'],
    payment_record: null,
    processing: null,
    receipt_email: params.receipt_email ?? null,
    review: null,
    setup_future_usage: null,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: 'requires_payment_method',
    transfer_data: null,
    transfer_group: null,
  };
}
