import type { Order } from '../orders/orders.ts';
import type { OrderEmailName } from './email-keys.ts';

/**
 * Whether the content of an email about an order is still true. An email may have waited for the mail server while the order continued: a
 * customer who has the receipt must not be told afterwards that the card was declined.
 */
export async function isOrderEmailTrue(
  email: OrderEmailName,
  { status }: Pick<Order, 'status'>,
  newestRevision: () => Promise<number>,
): Promise<boolean> {
  switch (email.kind) {
    case 'payment-declined':
      return status === 'awaiting_payment_method' && (await newestRevision()) === email.revision;
    case 'receipt':
      return status === 'completed';
    case 'payment-failed':
      return status === 'payment_failed';
    case 'cancelled':
      return status === 'cancelled';
    case 'refunded':
      return status === 'refunded';
  }
}
