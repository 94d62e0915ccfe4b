import { describe, expect, it } from 'vitest';
import { orderBody, total } from './order-body.ts';

const order = {
  userId: '8b5c3a4e-0d4f-4c57-9b0e-2f6f6f6f6f6f',
  currency: 'EUR',
  items: [{ sku: 'tea', quantity: 2, unitAmount: 450 }],
  paymentMethod: 'pm_card_visa',
};

describe('an order', () => {
  it('is taken with its currency in lower case', () => {
    expect(orderBody.parse(order)).toMatchObject({ currency: 'eur' });
  });

  it.each([
    ['an unknown currency', { currency: 'ZZZ' }],
    ['a currency that the payment provider does not take', { currency: 'KPW' }],
    [
      'a price in ISK with decimals',
      { currency: 'ISK', items: [{ sku: 'tea', quantity: 1, unitAmount: 550 }] },
    ],
    [
      'a price in KWD of a thousandth',
      { currency: 'KWD', items: [{ sku: 'tea', quantity: 1, unitAmount: 5_124 }] },
    ],
    ['no items', { items: [] }],
    ['a fraction of a minor unit', { items: [{ sku: 'tea', quantity: 1, unitAmount: 0.5 }] }],
    ['a negative amount', { items: [{ sku: 'tea', quantity: 1, unitAmount: -1 }] }],
    ['a total of nothing', { items: [{ sku: 'tea', quantity: 1, unitAmount: 0 }] }],
    ['a total beyond what a card takes', { items: [{ sku: 'tea', quantity: 10_000, unitAmount: 10_000 }] }],
    ['an absurd quantity', { items: [{ sku: 'tea', quantity: 1e15, unitAmount: 1 }] }],
    ['too many items', { items: Array.from({ length: 501 }, () => order.items[0]) }],
    ['a card number instead of a payment method', { paymentMethod: '4242424242424242' }],
    ['an unknown field', { coupon: 'FREE' }],
  ])('is refused with %s', (_what, change) => {
    expect(orderBody.safeParse({ ...order, ...change }).success).toBe(false);
  });

  it('names the amount that its currency does not allow', () => {
    const items = [{ sku: 'tea', quantity: 1, unitAmount: 5_124 }];
    expect(orderBody.safeParse({ ...order, currency: 'KWD', items }).error?.issues).toMatchObject([
      { path: ['items', 0, 'unitAmount'], message: 'must be a multiple of 10 in KWD' },
    ]);
  });

  it('comes to the sum of its lines', () => {
    expect(total([...order.items, { quantity: 3, unitAmount: 100 }])).toBe(1200);
  });
});
