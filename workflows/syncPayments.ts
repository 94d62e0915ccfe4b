import {
  CancellationScope,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  uuid4,
} from '@temporalio/workflow';
import type { ReconciliationActivities } from '../activities/reconciliation.ts';
import type { SyncPaymentsInput, SyncPaymentsResult } from '../contracts/jobs/sync-payments.ts';
import { databaseOptions, proxyCountedActivities, startWhenMeant } from 'durable-jobs/workflow';
import { providerWalkOptions, upkeepOptions } from './policies.ts';

const provider = proxyCountedActivities<ReconciliationActivities>(providerWalkOptions);
const walks = proxyCountedActivities<ReconciliationActivities>(upkeepOptions);
const rows = proxyActivities<ReconciliationActivities>(databaseOptions);

/**
 * Copies the payments of the last days from the provider, compares our orders with them, repairs what is safe and records the rest as
 * findings.
 */
export async function syncPayments(_input: SyncPaymentsInput): Promise<SyncPaymentsResult> {
  await startWhenMeant();
  // The same in every replay, and different for every run.
  const reconciliationId = uuid4();
  const run = { reconciliationId };
  await rows.beginReconciliation(run);
  try {
    setCurrentDetails("Reading the provider's payments.");
    const payments = await provider.readPayments(run);
    setCurrentDetails("Reading the provider's refunds.");
    const refunds = await provider.readRefunds(run);
    setCurrentDetails('Reading single payments that the lists of the provider did not contain.');
    const unseen = await provider.readUnseenPayments(run);
    setCurrentDetails('Comparing orders with the data of the provider.');
    const orders = await walks.compareOrders(run);
    await walks.comparePayments(run);
    const result = await rows.completeReconciliation({
      reconciliationId,
      payments: payments + unseen,
      refunds,
      orders,
    });
    setCurrentDetails(
      `${result.orders} orders compared: ${result.found} new findings, ${result.repaired} of them repaired, ${result.open} open.`,
    );
    return result;
  } catch (error) {
    const status = isCancellation(error) ? 'cancelled' : 'failed';
    await CancellationScope.nonCancellable(() => rows.abandonReconciliation({ ...run, status }));
    throw error;
  }
}
