/**
 * `1250, 'eur'` → `EUR 12.50`. The number of decimals is the currency's own (ISO 4217, as Intl knows it), so that
 * minor units of yen are yen.
 */
export function formatMoney(amountMinor: number, currency: string): string {
  return formatOf(currency)
    .format(amountMinor / minorUnitsOf(currency))
    .replace(/\u00a0/g, ' ');
}

/** An amount without its currency, which its row or column names. */
export function formatAmount(amountMinor: number, currency: string): string {
  return formatMoney(amountMinor, currency).replace(`${currency.toUpperCase()} `, '');
}

/** How many minor units of a currency make one: 100 cents a euro, 1 yen a yen. */
export function minorUnitsOf(currency: string): number {
  return 10 ** (formatOf(currency).resolvedOptions().maximumFractionDigits ?? 2);
}

function formatOf(currency: string): Intl.NumberFormat {
  return new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay: 'code' });
}

const currencies = new Set(Intl.supportedValuesOf('currency'));

/** Whether a three-letter code, in either case, names a currency of ISO 4217. */
export function isCurrency(code: string): boolean {
  return currencies.has(code.toUpperCase());
}
