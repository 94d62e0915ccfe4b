import { paymentKey, type OrderPayment } from '../orders/order-payments.ts';

// The keys of the emails that jobs send: what makes two sendings the same email. Nothing else builds one.

/** What every key of a welcome email begins with; the user's id follows. */
export const WELCOME_KEY_PREFIX = 'welcome:';

/** Of the email that greets a user: one for each, ever. */
export function welcomeEmailKey(userId: string): string {
  return `${WELCOME_KEY_PREFIX}${userId}`;
}

/** Of the email that a reset request leads to. */
export function passwordResetEmailKey(requestId: string): string {
  return `password-reset:${requestId}`;
}

const plainOrderEmails = ['receipt', 'payment-failed', 'cancelled', 'refunded'] as const;

/** Which email about an order. One about a declined card is of the payment method that was declined. */
export type OrderEmailName =
  { kind: (typeof plainOrderEmails)[number] } | { kind: 'payment-declined'; revision: number };

/** Of an email about an order: one of each kind for each payment of the order, and for each card that was declined. */
export function orderEmailKey(payment: OrderPayment, email: OrderEmailName): string {
  const step = email.kind === 'payment-declined' ? `${email.kind}:${email.revision}` : email.kind;
  return paymentKey(payment, step);
}

/** Of all emails that an order may have had so far: in each round of its payment, with each of its payment methods. */
export function allOrderEmailKeys({ id, paymentRound: rounds }: OrderPayment, revisions: number): string[] {
  const names: OrderEmailName[] = [
    ...plainOrderEmails.map((kind) => ({ kind })),
    ...Array.from({ length: revisions }, (_, index) => ({
      kind: 'payment-declined' as const,
      revision: index + 1,
    })),
  ];
  return Array.from({ length: rounds }, (_, index) => index + 1).flatMap((round) =>
    names.map((name) => orderEmailKey({ id, paymentRound: round }, name)),
  );
}

/** Of the email that brings a report to a recipient, by a hash of the address. */
export function reportEmailKey(reportId: string, recipientHash: string): string {
  return `report:${reportId}:${recipientHash}`;
}

/** Of the email that brings a maintenance report to a recipient, by a hash of the address. */
export function maintenanceEmailKey(maintenanceId: string, recipientHash: string): string {
  return `maintenance:${maintenanceId}:${recipientHash}`;
}
