import type Stripe from 'stripe';
import { z } from 'zod';
import { LARGEST_AMOUNT_MINOR } from '../../contracts/money.ts';

import { invalidParam, resourceMissing, StripeFailure } from './errors.ts';
import { newId } from './ids.ts';
import type { Charge, Ledger } from './ledger.ts';
import { listPage, listParams } from './lists.ts';
import { toUnixSeconds } from './operation.ts';
import type { Operation } from './operation.ts';
import { integer, metadata, parseParams } from './params.ts';

const createParams = z.strictObject({
  payment_intent: z.string().optional(),
  charge: z.string().optional(),
  amount: integer({ min: 1, max: LARGEST_AMOUNT_MINOR }).optional(),
  metadata: metadata.default({}),
  reason: z.enum(['duplicate', 'fraudulent', 'requested_by_customer']).optional(),
});

/** POST /v1/refunds: all that is left of a charge, or a part of it (docs.stripe.com/api/refunds/create). */
export const createRefund: Operation = ({ input, ledger }) => {
  const params = parseParams(createParams, input);
  if ((params.payment_intent === undefined) === (params.charge === undefined)) {
    throw invalidParam('payment_intent', 'Give either a payment_intent or a charge.', 'parameter_missing');
  }
  if (params.payment_intent !== undefined && !ledger.paymentIntents.has(params.payment_intent)) {
    throw resourceMissing('payment_intent', params.payment_intent, 'payment_intent');
  }
  if (params.charge !== undefined && !ledger.charges.has(params.charge)) {
    throw resourceMissing('charge', params.charge, 'charge');
  }

  return ({ idempotencyKey, now }) => {
    const charge = chargeToRefund(ledger, params);
    const left = charge.amountMinor - charge.refundedMinor;
    if (left === 0) {
      throw refused(
        'charge_already_refunded',
        'charge',
        `Charge ${charge.id} has already been fully refunded.`,
      );
    }
    const amount = params.amount ?? left;
    if (amount > left) {
      // Stripe gives this one no code, only the parameter.
      throw refused(
        undefined,
        'amount',
        `The refund of ${amount} exceeds the remaining amount of the charge: ${left}.`,
      );
    }
    const refund: Stripe.Refund = {
      id: newId('re'),
      object: 'refund',
      amount,
      balance_transaction: newId('txn'),
      charge: charge.id,
      created: toUnixSeconds(now),
      currency: charge.currency,
      customer: null,
      customer_account: null,
      metadata: params.metadata,
      payment_intent: charge.paymentIntent,
      payment_method: null,
      reason: params.reason ?? null,
      receipt_number: null,
      source_transfer_reversal: null,
      status: 'succeeded',
      transfer_reversal: null,
    };
    return {
      status: 200,
      body: refund,
      changes: [
        {
          kind: 'refund',
          value: { id: refund.id, object: refund, idempotencyKey, createdAt: now.toISOString() },
        },
        { kind: 'charge', value: { ...charge, refundedMinor: charge.refundedMinor + amount } },
      ],
    };
  };
};

/** GET /v1/refunds/:id */
export const retrieveRefund: Operation = ({ id, input, ledger }) => {
  parseParams(z.strictObject({}), input);
  return () => {
    const refund = ledger.refunds.get(id);
    if (!refund) throw resourceMissing('refund', id, 'refund');
    return { status: 200, body: refund.object, changes: [] };
  };
};

const listRefundParams = z.strictObject({
  ...listParams,
  payment_intent: z.string().optional(),
  charge: z.string().optional(),
});

/** GET /v1/refunds */
export const listRefunds: Operation = ({ input, ledger }) => {
  const query = parseParams(listRefundParams, input);
  return () => {
    const wanted = [...ledger.refunds.values()]
      .map((entry) => entry.object)
      .filter(
        (refund) => query.payment_intent === undefined || refund.payment_intent === query.payment_intent,
      )
      .filter((refund) => query.charge === undefined || refund.charge === query.charge);
    return { status: 200, body: listPage('/v1/refunds', wanted, query), changes: [] };
  };
};

function chargeToRefund(ledger: Ledger, params: z.output<typeof createParams>): Charge {
  const id = params.charge ?? ledger.paymentIntents.get(params.payment_intent ?? '')?.latest_charge;
  const charge = typeof id === 'string' ? ledger.charges.get(id) : undefined;
  if (!charge)
    throw refused(undefined, 'payment_intent', 'This intent has no charge that could be refunded.');
  return charge;
}

/** Known only while executing, so that Stripe keeps it under the idempotency key (docs.stripe.com/error-low-level). */
function refused(code: string | undefined, param: string, message: string): StripeFailure {
  return new StripeFailure(
    400,
    { type: 'invalid_request_error', message, param, ...(code === undefined ? {} : { code }) },
    { executed: true },
  );
}
