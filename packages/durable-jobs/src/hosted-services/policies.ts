import { ActivityCancellationType, type ActivityOptions } from '@temporalio/workflow';

/**
 * A turn of a hosted service: it ends its turn itself, well within the day. Its heartbeat lets another worker take over
 * within 15 s of a death, and brings a pause. It is never given up; a service that can't run is tried every 30 s.
 */
export const serviceOptions: ActivityOptions = {
  startToCloseTimeout: '1 day',
  heartbeatTimeout: '15 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds' },
};
