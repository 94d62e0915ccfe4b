/**
 * Jobs that get stuck, each in a different way, under the names of real ones: explanations are based on what the engine knows, and ask
 * nothing of the workflow.
 */
import {
  ActivityCancellationType,
  condition,
  executeChild,
  proxyActivities,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { StuckActivities } from './activities.ts';

const again = { initialInterval: '1 hour', maximumAttempts: 3 } as const;
const { hang } = proxyActivities<StuckActivities>({
  startToCloseTimeout: '1 hour',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: again,
});
const { hang: hangSilently } = proxyActivities<StuckActivities>({
  startToCloseTimeout: '1 hour',
  heartbeatTimeout: '1 second',
  retry: again,
});
const { hang: hangForLong } = proxyActivities<StuckActivities>({
  startToCloseTimeout: '1 second',
  retry: again,
});
const { hang: waitForNobody } = proxyActivities<StuckActivities>({
  taskQueue: 'nobody',
  startToCloseTimeout: '1 hour',
});

/** Its worker dies, as far as the engine can tell: it sends no heartbeats. */
export const syncPayments = (): Promise<void> => hangSilently();
/** Its activity exceeds its time limit. */
export const runMaintenance = (): Promise<void> => hangForLong();
/** Its activity runs, and occupies the only slot. */
export const refreshStatistics = (): Promise<void> => hang();
/** Its activity is in a queue that no worker polls. */
export const returnPayment = (): Promise<void> => waitForNobody();
/** It only continues after a message. */
export const startBulkJob = (): Promise<void> => condition(() => false);
/** It waits for another job. */
export const runDailyReport = (): Promise<void> =>
  executeChild(startBulkJob, {
    workflowId: `start-bulk-job:of-${workflowInfo().workflowId.split(':')[1] ?? ''}`,
  });
/** Its code has a bug. */
export const sendWelcomeEmail = (): Promise<void> => {
  throw new TypeError('a bug of ours');
};
/** It waits for a time, in the code that it began with. */
export const deleteExpired = (): Promise<void> => sleep('1 hour');
