import { z } from 'zod';

/**
 * The currencies that the payment provider accepts, by the decimals of their amounts: docs.stripe.com/currencies, "Supported presentment
 * currencies" and "Minor units in API amounts", as of November 2026. Neither ISO 4217 nor CLDR, which `Intl` uses, is the same: CLDR
 * formats HUF and UGX without decimals, ISO 4217 gives MGA two.
 *
 * Special cases of that page: ISK and UGX have no minor unit and nevertheless two decimals, which must be 00. HUF and TWD have two decimals
 * in charges, and none in payouts, which this service does not make.
 */
const codesByDecimals = {
  0: 'BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF',
  2: `AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CNY COP CRC CVE CZK DKK
    DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR ISK JMD KES KGS KHR KYD KZT LAK LBP LKR
    LRD LSL MAD MDL MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB
    SAR SBD SCR SEK SGD SHP SLE SOS SRD STD SZL THB TJS TOP TRY TTD TWD TZS UAH UGX USD UYU UZS WST XCD XCG YER ZAR ZMW`,
  3: 'BHD JOD KWD OMR TND',
} as const;

const decimals: ReadonlyMap<string, number> = new Map(
  Object.entries(codesByDecimals).flatMap(([count, codes]) =>
    codes.split(/\s+/).map((code): [string, number] => [code, Number(count)]),
  ),
);

/** Amounts of these currencies must be multiples of this number: the provider or its partners have no smaller unit of them. */
const steps: ReadonlyMap<string, number> = new Map([
  ['ISK', 100],
  ['UGX', 100],
  ...codesByDecimals[3].split(' ').map((code): [string, number] => [code, 10]),
]);

/**
 * The largest amount that the provider accepts in every currency and with every payment method: eight digits
 * (docs.stripe.com/currencies#minimum-and-maximum-charge-amounts). It accepts up to twelve from most cards, and in IDR.
 */
export const LARGEST_AMOUNT_MINOR = 99_999_999;

/** Whether the payment provider accepts a currency, by its three letters in either case. */
export function isCurrency(code: string): boolean {
  return decimals.has(code.toUpperCase());
}

/** Returns the decimals of a currency's amounts at the provider; two for a currency that it no longer accepts. */
export function decimalsOf(currency: string): number {
  return decimals.get(currency.toUpperCase()) ?? 2;
}

/** Returns the number of minor units that every amount of a currency must be a multiple of. */
export function stepOf(currency: string): number {
  return steps.get(currency.toUpperCase()) ?? 1;
}

/** A currency that the provider accepts, in either case; parsed to lower case. */
export const currencyCode = z
  .string()
  .refine(isCurrency, 'must be the code of a currency that the payment provider accepts, such as EUR')
  .meta({ pattern: '^[A-Za-z]{3}$' })
  .transform((code) => code.toLowerCase());

/** A price in minor units; zero is allowed. {@link checkStep} checks it against its currency. */
export const unitAmount = z.number().int().min(0).max(LARGEST_AMOUNT_MINOR);

/** Adds an issue if an amount is not possible in its currency. */
export function checkStep(
  context: z.RefinementCtx,
  { currency, amount, path }: { currency: string; amount: number; path: PropertyKey[] },
): void {
  const step = stepOf(currency);
  if (amount % step === 0) return;
  context.addIssue({
    code: 'custom',
    path,
    message: `must be a multiple of ${step} in ${currency.toUpperCase()}`,
  });
}
