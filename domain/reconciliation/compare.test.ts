import { describe, expect, it } from 'vitest';
import type { OrderStatus } from '../orders/order-status.ts';
import { compareOrder, type OrderHere, type PaymentThere } from './compare.ts';

const order = (change: Partial<OrderHere> = {}): OrderHere => ({
  id: 'o-1',
  status: 'completed',
  amountMinor: 900,
  currency: 'eur',
  intentId: 'pi_1',
  refundedMinor: 0,
  ...change,
});

const payment = (change: Partial<PaymentThere> = {}): PaymentThere => ({
  intentId: 'pi_1',
  status: 'succeeded',
  amountMinor: 900,
  receivedMinor: 900,
  currency: 'eur',
  refundedMinor: 0,
  refundId: null,
  ...change,
});

const open = payment({ status: 'open', receivedMinor: 0 });
const released = payment({ status: 'released', receivedMinor: 0 });
const missing = payment({ status: 'missing', receivedMinor: 0 });
const refunded = payment({ refundedMinor: 900, refundId: 're_1' });

/** The kinds of differences, with the repair of each. */
const kinds = (here: OrderHere, ...there: PaymentThere[]): string[] =>
  compareOrder(here, there).map(({ kind, repair }) => (repair ? `${kind} → ${repair.action}` : kind));

describe('an order and its payment', () => {
  it.each<[OrderStatus, Partial<OrderHere>, PaymentThere[]]>([
    ['completed', {}, [payment()]],
    ['completed', { refundedMinor: 900 }, [refunded]],
    ['paid', {}, [payment()]],
    ['refunding', {}, [payment()]],
    ['refunding', {}, [refunded]],
    ['refunded', { refundedMinor: 900 }, [refunded]],
    ['pending', { intentId: null }, []],
    ['pending', {}, [open]],
    ['pending', {}, [missing]],
    ['awaiting_payment_method', {}, [open]],
    ['cancelled', {}, [released]],
    ['cancelled', { intentId: null }, []],
    ['cancelled', {}, [missing]],
    ['cancelled', { refundedMinor: 900 }, [refunded]],
    ['payment_failed', {}, [released]],
  ])('agree when it is %s %o', (status, change, there) => {
    expect(kinds(order({ status, ...change }), ...there)).toEqual([]);
  });

  it.each<[string, OrderHere, PaymentThere[], string[]]>([
    ['paid, and nothing there', order(), [], ['paid_here_not_there']],
    ['paid without an intent', order({ intentId: null }), [], ['paid_here_not_there']],
    ['paid, and open there', order({ status: 'paid' }), [open], ['paid_here_not_there']],
    ['paid, and released there', order(), [released], ['paid_here_not_there']],
    ['paid, and unknown there', order(), [missing], ['paid_here_not_there']],
    ['waiting, and paid there', order({ status: 'pending' }), [payment()], ['paid_there_not_here']],
    ['another amount', order({ amountMinor: 901 }), [payment()], ['amount_differs']],
    ['another currency', order({ currency: 'usd' }), [payment()], ['amount_differs']],
    [
      'a refund there',
      order(),
      [payment({ refundedMinor: 300, refundId: 're_1' })],
      ['refund_unknown_here → record_refund'],
    ],
    ['a refund here', order({ refundedMinor: 300 }), [payment()], ['refund_missing_there']],
    [
      'cancelled, and paid there',
      order({ status: 'cancelled' }),
      [payment()],
      ['money_kept → return_payment'],
    ],
    [
      'failed, and paid there, with the intent known from there alone',
      order({ status: 'payment_failed', intentId: null }),
      [open, payment({ intentId: 'pi_2' })],
      ['money_kept → return_payment'],
    ],
    [
      'cancelled, and given back in part there',
      order({ status: 'cancelled' }),
      [payment({ refundedMinor: 300, refundId: 're_1' })],
      ['refund_unknown_here → record_refund', 'money_kept → return_payment'],
    ],
    [
      'refunded here, and nothing there',
      order({ status: 'refunded', refundedMinor: 900 }),
      [payment()],
      ['refund_missing_there'],
    ],
    ['refunded in part', order({ status: 'refunded' }), [payment()], ['money_kept']],
    [
      'cancelled, and open there',
      order({ status: 'cancelled' }),
      [open],
      ['payment_left_open → return_payment'],
    ],
    ['paid twice', order(), [payment(), payment({ intentId: 'pi_2' })], ['second_payment']],
    [
      'paid twice, and given back once',
      order(),
      [payment(), payment({ intentId: 'pi_2', refundedMinor: 900 })],
      [],
    ],
    ['a second intent that took nothing', order(), [payment(), { ...open, intentId: 'pi_2' }], []],
  ])('differ: %s', (_what, here, there, expected) => {
    expect(kinds(here, ...there)).toEqual(expected);
  });

  it('moves no money if the amounts differ', () => {
    const here = order({ status: 'cancelled', amountMinor: 901 });
    expect(compareOrder(here, [payment()]).map(({ kind, repair }) => [kind, repair])).toEqual([
      ['amount_differs', undefined],
    ]);
  });

  it('leaves it to a job that runs to notice its payment', () => {
    const [discrepancy] = compareOrder(order({ status: 'pending' }), [payment()]);
    expect(discrepancy?.unlessJobRuns).toBe(true);
  });

  it('names both sides, and a key that is the same in every run', () => {
    const [first] = compareOrder(order(), [released]);
    expect(first).toMatchObject({
      subject: 'order:o-1',
      details: { amountHere: 900, statusThere: 'released', intentId: 'pi_1' },
    });
    expect(compareOrder(order(), [released])).toEqual([first]);
  });
});
