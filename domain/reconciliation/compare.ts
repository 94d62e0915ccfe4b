import {
  closedOrderStatuses,
  paidOrderStatuses,
  unpaidOrderStatuses,
  type OrderStatus,
} from '../orders/order-status.ts';

/** An order in our rows; amounts are in minor units. */
export interface OrderHere {
  id: string;
  status: OrderStatus;
  amountMinor: number;
  currency: string;
  intentId: string | null;
  refundedMinor: number;
}

/** A payment at the provider, with the sum of its refunds; amounts are in minor units. */
export interface PaymentThere {
  intentId: string;
  /** `missing`: the provider does not know an intent that we have. */
  status: 'succeeded' | 'open' | 'released' | 'missing';
  amountMinor: number;
  receivedMinor: number;
  currency: string;
  refundedMinor: number;
  /** The newest refund that took effect. */
  refundId: string | null;
}

/**
 * The kinds of differences between our orders and the provider's payments. A released name is never changed: it is part of a finding's key.
 */
export type DiscrepancyKind =
  | 'paid_there_not_here'
  | 'paid_here_not_there'
  | 'amount_differs'
  | 'refund_unknown_here'
  | 'refund_missing_there'
  | 'money_kept'
  | 'payment_left_open'
  | 'second_payment'
  | 'payment_without_order';

/** Repairs of a discrepancy that need no decision. */
export type Repair =
  /** Starts the job that releases or refunds the payment. */
  | { action: 'return_payment'; reason: 'order_cancelled' | 'payment_failed'; intentId: string }
  /** Records the provider's refund. */
  | { action: 'record_refund'; refundId: string; refundedMinor: number };

/** One difference. */
export interface Discrepancy {
  kind: DiscrepancyKind;
  /** Its subject, as in `findings.subject`. */
  subject: string;
  details: Record<string, string | number | null>;
  repair?: Repair;
  /** Set if it only counts when the order's job is not running: while it runs, it is about to resolve the difference. */
  unlessJobRuns?: true;
}

/** Compares an order with all payments that the provider has for it. */
export function compareOrder(order: OrderHere, payments: readonly PaymentThere[]): Discrepancy[] {
  const own = ownPayment(order, payments);
  const others = payments.filter((payment) => payment !== own && kept(payment) > 0);
  return [
    ...(own ? compareOwn(order, own) : compareWithout(order)),
    ...others.map((payment) => ({
      kind: 'second_payment' as const,
      subject: `payment:${payment.intentId}`,
      details: detailsOf(order, payment),
    })),
  ];
}

/** The order's payment intent or, if the order has none, the payment that took money, or the only payment. */
function ownPayment(order: OrderHere, payments: readonly PaymentThere[]): PaymentThere | undefined {
  if (order.intentId !== null) return payments.find((payment) => payment.intentId === order.intentId);
  return payments.find((payment) => payment.receivedMinor > 0) ?? payments[0];
}

function compareWithout(order: OrderHere): Discrepancy[] {
  return paidOrderStatuses.includes(order.status) ? [about(order, undefined, 'paid_here_not_there')] : [];
}

function compareOwn(order: OrderHere, payment: PaymentThere): Discrepancy[] {
  if (payment.status !== 'succeeded') {
    if (paidOrderStatuses.includes(order.status)) return [about(order, payment, 'paid_here_not_there')];
    const reason = reasonToReturn(order.status);
    if (payment.status !== 'open' || !reason) return [];
    const repair: Repair = { action: 'return_payment', reason, intentId: payment.intentId };
    return [{ ...about(order, payment, 'payment_left_open'), repair }];
  }
  // It cannot be known from here which side is wrong: no money is moved before someone has looked at it.
  if (payment.currency !== order.currency || payment.receivedMinor !== order.amountMinor) {
    return [about(order, payment, 'amount_differs')];
  }
  if (unpaidOrderStatuses.includes(order.status)) {
    return [{ ...about(order, payment, 'paid_there_not_here'), unlessJobRuns: true }];
  }
  return [...compareRefunds(order, payment), ...compareKept(order, payment)];
}

function compareRefunds(order: OrderHere, payment: PaymentThere): Discrepancy[] {
  // The job of an open order may still change the refunded amount.
  if (!closedOrderStatuses.includes(order.status) || payment.refundedMinor === order.refundedMinor) return [];
  if (payment.refundedMinor < order.refundedMinor) return [about(order, payment, 'refund_missing_there')];
  const { refundId, refundedMinor } = payment;
  return [
    {
      ...about(order, payment, 'refund_unknown_here'),
      ...(refundId !== null && { repair: { action: 'record_refund', refundId, refundedMinor } }),
    },
  ];
}

/** Money that is still held for an order that was closed without being completed. */
function compareKept(order: OrderHere, payment: PaymentThere): Discrepancy[] {
  if (kept(payment) <= 0) return [];
  const reason = reasonToReturn(order.status);
  if (reason) {
    const repair: Repair = { action: 'return_payment', reason, intentId: payment.intentId };
    return [{ ...about(order, payment, 'money_kept'), repair }];
  }
  // Refunded in our rows, and the provider has the same sum: the refund of a part of it was never requested.
  if (order.status === 'refunded' && payment.refundedMinor >= order.refundedMinor) {
    return [about(order, payment, 'money_kept')];
  }
  return [];
}

function reasonToReturn(status: OrderStatus): 'order_cancelled' | 'payment_failed' | undefined {
  if (status === 'cancelled') return 'order_cancelled';
  return status === 'payment_failed' ? 'payment_failed' : undefined;
}

function kept(payment: PaymentThere): number {
  return payment.receivedMinor - payment.refundedMinor;
}

function about(
  order: OrderHere,
  payment: PaymentThere | undefined,
  kind: DiscrepancyKind,
): Pick<Discrepancy, 'kind' | 'subject' | 'details'> {
  return { kind, subject: `order:${order.id}`, details: detailsOf(order, payment) };
}

function detailsOf(order: OrderHere, payment: PaymentThere | undefined): Discrepancy['details'] {
  return {
    orderId: order.id,
    orderStatus: order.status,
    amountHere: order.amountMinor,
    currencyHere: order.currency,
    refundedHere: order.refundedMinor,
    intentId: payment?.intentId ?? order.intentId,
    statusThere: payment?.status ?? 'missing',
    amountThere: payment?.receivedMinor ?? null,
    currencyThere: payment?.currency ?? null,
    refundedThere: payment?.refundedMinor ?? null,
  };
}
