import { decimalsOf } from '../contracts/money.ts';

/**
 * Formats an amount: `1250, 'eur'` → `EUR 12.50`. The number of decimals is the payment provider's, so that the displayed amount is the
 * charged amount: the numbers of `Intl` change with its version.
 */
export function formatMoney(amountMinor: number, currency: string): string {
  const sign = amountMinor < 0 ? '-' : '';
  return `${sign}${currency.toUpperCase()} ${formatAmount(Math.abs(amountMinor), currency)}`;
}

/** Formats an amount without its currency, which its row or column names. */
export function formatAmount(amountMinor: number, currency: string): string {
  const digits = decimalsOf(currency);
  // As decimal text: the quotient would be rounded to what a number can represent.
  const exact = `${amountMinor}E-${digits}` as `${number}`;
  return formatterOf(digits).format(exact);
}

/** By number of decimals: creating one takes forty times as long as formatting. */
const formatters = new Map<number, Intl.NumberFormat>();

function formatterOf(digits: number): Intl.NumberFormat {
  const known = formatters.get(digits);
  if (known) return known;
  const formatter = new Intl.NumberFormat('en', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  formatters.set(digits, formatter);
  return formatter;
}

/** Returns the number of minor units in one major unit: 100 cents in a euro, 1 yen in a yen. */
export function minorUnitsOf(currency: string): number {
  return 10 ** decimalsOf(currency);
}
