import { ActivityCancellationType, type ActivityOptions } from '@temporalio/workflow';

/**
 * A run of a hosted service: it ends itself, well within the day. Its heartbeat lets another worker take over within 15 s after a crash,
 * and delivers pauses. It is retried without limit; a service that can't run is retried every 30 s.
 */
export const serviceOptions: ActivityOptions = {
  startToCloseTimeout: '1 day',
  heartbeatTimeout: '15 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds' },
};
