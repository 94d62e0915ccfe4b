import { describe, expect, it } from 'vitest';
import { formatMoney, isCurrency } from './money.ts';

describe('money', () => {
  it.each([
    [1250, 'eur', 'EUR 12.50'],
    [1250, 'jpy', 'JPY 1,250'],
    [1250, 'kwd', 'KWD 1.250'],
    [5, 'usd', 'USD 0.05'],
  ])('writes %i minor units of %s as %s', (amount, currency, text) => {
    expect(formatMoney(amount, currency)).toBe(text);
  });

  it('knows currencies in either case', () => {
    expect([isCurrency('eur'), isCurrency('EUR'), isCurrency('zzz')]).toEqual([true, true, false]);
  });
});
