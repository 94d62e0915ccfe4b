import { decimalsOf } from '../contracts/money.ts';

/**
 * `1250, 'eur'` → `EUR 12.50`. The number of decimals is the payment provider's, so that what is shown is what was charged: `Intl`
 * has its own, which change with its version.
 */
export function formatMoney(amountMinor: number, currency: string): string {
  const sign = amountMinor < 0 ? '-' : '';
  return `${sign}${currency.toUpperCase()} ${formatAmount(Math.abs(amountMinor), currency)}`;
}

/** An amount without its currency, which its row or column names. */
export function formatAmount(amountMinor: number, currency: string): string {
  const digits = decimalsOf(currency);
  return new Intl.NumberFormat('en', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(amountMinor / minorUnitsOf(currency));
}

/** How many minor units of a currency make one: 100 cents a euro, 1 yen a yen. */
export function minorUnitsOf(currency: string): number {
  return 10 ** decimalsOf(currency);
}
