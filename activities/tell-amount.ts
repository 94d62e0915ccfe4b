import type { Db } from '../domain/database/schema.ts';
import { PaymentRejectedError, type PaymentProvider } from '../domain/payments/provider.ts';
import { endRepricing, restoreFormerPrices, type Repricing } from '../domain/orders/order-repricings.ts';

/** The result of sending an order's new amount to the provider. */
export type ToldAmount =
  | { outcome: 'told' }
  /** The payment's amount can no longer change: it was taken or released. */
  | { outcome: 'settled' }
  /** The order has its former prices again, unless a charge, or another change of price, decides that. */
  | { outcome: 'refused'; message: string };

/**
 * Sends an order's current amount to the payment provider. Repeats are safe: the amount is the order's own, and setting it again has no
 * effect. A charge leaves the record of the change to the job that repriced the order, which may still be calling: until that job has
 * ended, each charge sends the amount again, and no other price is set.
 * @throws {PaymentUnavailableError} if the provider is unavailable; the record is kept.
 */
export async function tellAmount(
  deps: { db: Db; payments: PaymentProvider },
  repricing: Repricing,
  options: { byCharge: boolean },
): Promise<ToldAmount> {
  try {
    const outcome = await deps.payments.changeAmount(repricing.intentId, repricing.amountMinor);
    if (outcome === 'settled') return { outcome };
  } catch (error) {
    if (!(error instanceof PaymentRejectedError)) throw error;
    const former = await restoreFormerPrices(deps.db, repricing, options);
    if (former) await tellAmount(deps, former, options);
    return { outcome: 'refused', message: error.message };
  }
  if (!options.byCharge) await endRepricing(deps.db, repricing);
  return { outcome: 'told' };
}
