/**
 * `1250, 'eur'` → `EUR 12.50`. The number of decimals is the currency's own (ISO 4217, as Intl knows it), so that
 * minor units of yen are yen.
 */
export function formatMoney(amountMinor: number, currency: string): string {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay: 'code' });
  const decimals = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(amountMinor / 10 ** decimals).replace(/\u00a0/g, ' ');
}

const currencies = new Set(Intl.supportedValuesOf('currency'));

/** Whether a three-letter code, in either case, names a currency of ISO 4217. */
export function isCurrency(code: string): boolean {
  return currencies.has(code.toUpperCase());
}
