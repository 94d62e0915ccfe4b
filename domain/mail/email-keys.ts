import { paymentKey, type OrderPayment } from '../orders/order-payments.ts';

// The keys of the emails that jobs send: emails with the same key are the same email. Keys are only built here.

/** The beginning of every key of a welcome email; the user's id follows. */
export const WELCOME_KEY_PREFIX = 'welcome:';

/** The key of the email that welcomes a user: only one is ever sent. */
export function welcomeEmailKey(userId: string): string {
  return `${WELCOME_KEY_PREFIX}${userId}`;
}

/** The key of the email for a reset request. */
export function passwordResetEmailKey(requestId: string): string {
  return `password-reset:${requestId}`;
}

const plainOrderEmails = ['receipt', 'payment-failed', 'cancelled', 'refunded'] as const;

/** The kinds of emails about an order. An email about a declined card belongs to the payment method that was declined. */
export type OrderEmailName =
  { kind: (typeof plainOrderEmails)[number] } | { kind: 'payment-declined'; revision: number };

/** The key of an email about an order: one of each kind for each payment of the order, and for each declined card. */
export function orderEmailKey(payment: OrderPayment, email: OrderEmailName): string {
  const step = email.kind === 'payment-declined' ? `${email.kind}:${email.revision}` : email.kind;
  return paymentKey(payment, step);
}

/** The keys of all emails that an order may have had so far: for each of its payments, with each payment method. */
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

/** The key of the email with a report for a recipient, by a hash of the address. */
export function reportEmailKey(reportId: string, recipientHash: string): string {
  return `report:${reportId}:${recipientHash}`;
}

/** The key of the email with a maintenance report for a recipient, by a hash of the address. */
export function maintenanceEmailKey(maintenanceId: string, recipientHash: string): string {
  return `maintenance:${maintenanceId}:${recipientHash}`;
}
