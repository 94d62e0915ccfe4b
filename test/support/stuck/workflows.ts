/**
 * Jobs that get stuck, each in its own way, under the names of real ones: what explains a job goes by what the engine knows,
 * and asks nothing of the workflow.
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

/** Its worker dies, as far as the engine can tell: no heartbeat comes. */
export const syncPayments = (): Promise<void> => hangSilently();
/** Its activity takes longer than it may. */
export const runMaintenance = (): Promise<void> => hangForLong();
/** Its activity runs, and has the only place there is. */
export const refreshStatistics = (): Promise<void> => hang();
/** Its activity is on a queue that nobody serves. */
export const returnPayment = (): Promise<void> => waitForNobody();
/** Nothing but a message helps it on. */
export const startBulkJob = (): Promise<void> => condition(() => false);
/** It waits for a job of its own. */
export const runDailyReport = (): Promise<void> =>
  executeChild(startBulkJob, {
    workflowId: `start-bulk-job:of-${workflowInfo().workflowId.split(':')[1] ?? ''}`,
  });
/** Its code has a bug. */
export const sendWelcomeEmail = (): Promise<void> => {
  throw new Error('a bug of ours');
};
/** It waits for a time, in the code that it began with. */
export const deleteExpired = (): Promise<void> => sleep('1 hour');
