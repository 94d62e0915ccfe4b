import {
  CancellationScope,
  isCancellation,
  patched,
  proxyActivities,
  setCurrentDetails,
  uuid4,
} from '@temporalio/workflow';
import type { ReconciliationActivities, RunInput } from '../activities/reconciliation/activities.ts';
import type { SyncPaymentsInput, SyncPaymentsResult } from '../contracts/jobs/sync-payments.ts';
import { databaseOptions, proxyCountedActivities, startWhenMeant } from 'durable-jobs/workflow';
import { comparisonOptions, providerWalkOptions } from './policies.ts';

const provider = proxyCountedActivities<ReconciliationActivities>(providerWalkOptions);
const comparison = proxyCountedActivities<ReconciliationActivities>(comparisonOptions);
const rows = proxyActivities<ReconciliationActivities>(databaseOptions);

/**
 * Copies the payments of the last days from the provider, compares our orders with them, repairs what is safe and records the rest as
 * findings. It has only two activities, because it runs every hour and each costs events of its history; earlier releases had seven.
 */
export async function syncPayments(_input: SyncPaymentsInput): Promise<SyncPaymentsResult> {
  await startWhenMeant();
  // The same in every replay, and different for every run.
  const run = { reconciliationId: uuid4() };
  if (!patched('sync-in-two-activities')) return syncInSeven(run);
  return abandonIfItFails(run, async () => {
    setCurrentDetails('Reading payments and refunds from the provider.');
    const read = await provider.readFromProvider(run);
    setCurrentDetails('Comparing orders with the data of the provider.');
    return showResult(await comparison.compareWithProvider({ ...run, read }));
  });
}

/** The steps of earlier releases. */
async function syncInSeven(run: RunInput): Promise<SyncPaymentsResult> {
  await rows.beginReconciliation(run);
  return abandonIfItFails(run, async () => {
    setCurrentDetails("Reading the provider's payments.");
    const payments = await provider.readPayments(run);
    setCurrentDetails("Reading the provider's refunds.");
    const refunds = await provider.readRefunds(run);
    setCurrentDetails('Reading single payments that the lists of the provider did not contain.');
    const unseen = await provider.readUnseenPayments(run);
    setCurrentDetails('Comparing orders with the data of the provider.');
    const orders = await comparison.compareOrders(run);
    await comparison.comparePayments(run);
    return showResult(
      await rows.completeReconciliation({ ...run, payments: payments + unseen, refunds, orders }),
    );
  });
}

/** Records that the run was not completed if its steps fail. */
async function abandonIfItFails(
  run: RunInput,
  steps: () => Promise<SyncPaymentsResult>,
): Promise<SyncPaymentsResult> {
  try {
    return await steps();
  } catch (error) {
    const status = isCancellation(error) ? 'cancelled' : 'failed';
    await CancellationScope.nonCancellable(() => rows.abandonReconciliation({ ...run, status }));
    throw error;
  }
}

/** Shows a result with the job, and returns it. */
function showResult(result: SyncPaymentsResult): SyncPaymentsResult {
  setCurrentDetails(
    `${result.orders} orders compared: ${result.found} new findings, ${result.repaired} of them repaired, ${result.open} open.`,
  );
  return result;
}
