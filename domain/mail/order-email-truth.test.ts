import { expect, it } from 'vitest';
import type { OrderStatus } from '../orders/order-status.ts';
import type { OrderEmailName } from './email-keys.ts';
import { isOrderEmailTrue } from './order-email-truth.ts';

it.each<[OrderEmailName, OrderStatus, boolean]>([
  [{ kind: 'payment-declined', revision: 2 }, 'awaiting_payment_method', true],
  [{ kind: 'payment-declined', revision: 1 }, 'awaiting_payment_method', false],
  [{ kind: 'payment-declined', revision: 2 }, 'pending', false],
  [{ kind: 'payment-declined', revision: 2 }, 'paid', false],
  [{ kind: 'payment-declined', revision: 2 }, 'completed', false],
  [{ kind: 'payment-failed' }, 'payment_failed', true],
  // Reopened since.
  [{ kind: 'payment-failed' }, 'pending', false],
  [{ kind: 'payment-failed' }, 'completed', false],
  [{ kind: 'cancelled' }, 'cancelled', true],
  [{ kind: 'cancelled' }, 'pending', false],
  [{ kind: 'refunded' }, 'refunded', true],
  [{ kind: 'refunded' }, 'completed', false],
  [{ kind: 'receipt' }, 'completed', true],
  [{ kind: 'receipt' }, 'refunding', false],
])('%o of an order that is %s is true: %s', async (email, status, expected) => {
  expect(await isOrderEmailTrue(email, { status }, () => Promise.resolve(2))).toBe(expected);
});
