import { ApplicationFailure, Context } from '@temporalio/activity';
import { createPace } from 'durable-jobs/process';
import { failureTypes } from '../../contracts/errors.ts';
import {
  PaymentRateLimitedError,
  PaymentRejectedError,
  PaymentUnavailableError,
} from '../../domain/payments/provider.ts';
import {
  findUnseenIntents,
  keepMissingPayment,
  keepPayments,
  keepRefunds,
  unseenAmong,
} from '../../domain/reconciliation/provider-payments.ts';
import type { Reconciliation } from '../../domain/reconciliation/reconciliations.ts';
import type { ReconciliationDeps } from './deps.ts';
import { inPages } from './in-pages.ts';
import type { Walk, WalkStep } from './walk-parts.ts';

/** Payments that one step requests individually: at the default rate, this takes about ten seconds. */
const ASKED = 25;
/** The rest of the provider's rate is for calls that people wait for: charges and refunds. */
const SHARE_OF_RATE = 5;

/** The walks that copy the provider's data. */
export interface ProviderWalks {
  /** Copies the payments of the window. */
  payments: Walk<Reconciliation>;
  /** Copies the refunds of the window. */
  refunds: Walk<Reconciliation>;
  /** Requests the relevant payments that the lists did not contain, one by one. */
  unseen: Walk<Reconciliation>;
}

/** Creates the walks that copy the provider's data, at a part of its rate. */
export function createProviderWalks(
  { db, payments, settings }: ReconciliationDeps,
  idsAtOnce: number,
): ProviderWalks {
  const pace = createPace(settings.PAYMENTS_PER_SECOND / SHARE_OF_RATE);

  /** Calls the provider within its rate, and converts its errors to failures that the engine stores. */
  const ask = async <T>(question: () => Promise<T>): Promise<T> => {
    await pace(Context.current().cancellationSignal);
    try {
      return await question();
    } catch (error) {
      throw failureOf(error);
    }
  };

  return {
    payments:
      ({ windowStart: createdFrom }) =>
      async ({ after, count }) => {
        const page = await ask(() =>
          payments.listPayments({ createdFrom, ...(after !== null && { after }) }),
        );
        // The account may have other users; payments without an order are not ours.
        await keepPayments(
          db,
          page.items.filter((payment) => payment.orderId !== null),
        );
        return stepOf(page, count);
      },

    refunds:
      ({ windowStart: createdFrom }) =>
      async ({ after, count }) => {
        const page = await ask(() => payments.listRefunds({ createdFrom, ...(after !== null && { after }) }));
        await keepRefunds(db, page.items);
        return stepOf(page, count);
      },

    unseen: (run) => {
      // What was requested is not found again.
      const nextPage = inPages(
        (_, limit) => findUnseenIntents(db, run, { limit, quietMs: settings.RECONCILIATION_QUIET_TIME }),
        { atOnce: idsAtOnce, size: ASKED },
      );
      return async ({ count }) => {
        const page = await nextPage(null);
        const intentIds = await unseenAmong(db, run, page);
        for (const intentId of intentIds) {
          const found = await ask(() => payments.findPayment(intentId));
          if (found) {
            // The payment last: when it is stored, its refunds count as read.
            await keepRefunds(db, found.refunds);
            await keepPayments(db, [found.payment]);
          } else {
            await keepMissingPayment(db, intentId);
          }
        }
        return { checkpoint: { after: null, count: count + intentIds.length }, done: page.length === 0 };
      };
    },
  };
}

/** The step that has read a page of a list of the provider. */
function stepOf(
  { items, next }: { items: readonly unknown[]; next?: string | undefined },
  count: number,
): WalkStep {
  return { checkpoint: { after: next ?? null, count: count + items.length }, done: next === undefined };
}

/** Returns an error of the provider as a failure that the engine stores, and any other as it is. */
function failureOf(error: unknown): unknown {
  if (error instanceof PaymentRejectedError)
    return ApplicationFailure.nonRetryable(error.message, failureTypes.paymentRejected);
  if (!(error instanceof PaymentUnavailableError)) return error;
  return ApplicationFailure.create({
    message: error.message,
    type: failureTypes.paymentProviderUnavailable,
    ...(error instanceof PaymentRateLimitedError &&
      error.retryAfterMs !== undefined && { nextRetryDelay: error.retryAfterMs }),
  });
}
