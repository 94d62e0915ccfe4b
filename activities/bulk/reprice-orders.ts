import { repriceOrders as declared } from '../../contracts/bulk.ts';
import { PaymentUnavailableError, type PaymentProvider } from '../../domain/payments/provider.ts';
import type { ItemError } from 'durable-jobs/bulk';
import { repriceOrder } from '../../domain/orders/order-repricings.ts';
import { tellAmount, type ToldAmount } from '../tell-amount.ts';
import { defineBulkTask } from 'durable-jobs/define';

/**
 * Updates the prices of open orders to those in the product table, for lines whose SKU is in it, in the order's currency. An order that is
 * paid or closed meanwhile is left unchanged.
 *
 * The new price is committed together with a record that the provider does not have it yet. Then, outside of any transaction, the provider
 * is updated and the record removed. Repeats are safe: they find the price set, and update the provider again if the record still exists. A
 * charge that finds the record updates the provider first. Wherever this is interrupted, a charge never takes another amount than its order
 * shows.
 */
export const repriceOrders = (payments: PaymentProvider) =>
  defineBulkTask({
    ...declared,
    async perform({ orderId }, { db }) {
      const repriced = await db.transaction().execute((trx) => repriceOrder(trx, orderId));
      if ('refusal' in repriced) return repriced.refusal;
      if (!repriced.tell) return undefined;
      try {
        return refusalOf(await tellAmount({ db, payments }, repriced.tell, { byCharge: false }));
      } catch (error) {
        if (!(error instanceof PaymentUnavailableError)) throw error;
        return { code: 'provider_unavailable', message: error.message, retryable: true };
      }
    },
  });

function refusalOf(told: ToldAmount): Omit<ItemError, 'position'> | undefined {
  switch (told.outcome) {
    case 'told':
      return undefined;
    case 'settled':
      return {
        code: 'payment_under_way',
        message: 'Its payment was taken or released in the meantime.',
        retryable: true,
      };
    case 'refused':
      return { code: 'provider_refused', message: told.message, retryable: false };
  }
}
