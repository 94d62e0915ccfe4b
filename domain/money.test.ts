import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCurrency, stepOf } from '../contracts/money.ts';
import { formatAmount, formatMoney } from './money.ts';

describe('money', () => {
  it.each([
    [1250, 'eur', 'EUR 12.50'],
    [1250, 'jpy', 'JPY 1,250'],
    [1250, 'kwd', 'KWD 1.250'],
    [5, 'usd', 'USD 0.05'],
    [-1250, 'eur', '-EUR 12.50'],
    // As the provider charges them, whatever CLDR or ISO 4217 say.
    [123_400, 'huf', 'HUF 1,234.00'],
    [5_000, 'ugx', 'UGX 50.00'],
    [500, 'isk', 'ISK 5.00'],
    [123_400, 'twd', 'TWD 1,234.00'],
    [100_000, 'cop', 'COP 1,000.00'],
    [100_000, 'idr', 'IDR 1,000.00'],
    [5_000, 'mga', 'MGA 5,000'],
  ])('writes %i minor units of %s as %s', (amount, currency, text) => {
    expect(formatMoney(amount, currency)).toBe(text);
  });

  it('writes an amount alone, if a column names its currency', () => {
    expect(formatAmount(123_400, 'huf')).toBe('1,234.00');
  });

  it('knows the currencies of the payment provider in either case, and no others', () => {
    expect(['eur', 'EUR', 'XCG', 'zzz', 'KPW', 'XAU'].map(isCurrency)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it.each([
    ['eur', 1],
    ['huf', 1],
    ['kwd', 10],
    ['isk', 100],
    ['UGX', 100],
  ])('has amounts of %s in steps of %i', (currency, step) => {
    expect(stepOf(currency)).toBe(step);
  });
});

describe('any amount', () => {
  it('is written with all of its digits', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.constantFrom('eur', 'jpy', 'kwd', 'huf'), (amount, currency) => {
        const digits = formatMoney(amount, currency).replace(/[^\d]/g, '');
        expect(BigInt(digits)).toBe(BigInt(Math.abs(amount)));
        expect(formatMoney(amount, currency).startsWith('-')).toBe(amount < 0);
      }),
    );
  });
});
