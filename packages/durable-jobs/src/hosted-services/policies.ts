import { ActivityCancellationType, type ActivityOptions } from '@temporalio/workflow';
import { libraryQueues } from '../engine/declared-queues.ts';

/**
 * A run of a hosted service: it ends itself, well within the day. Heartbeats are billed, so a service sends few. They are the last resort:
 * other workers normally see in the database that a run has died (see `release-dead-runs.ts`), and a notification delivers pauses. It is
 * retried without limit; a service that can't run is retried every 30 s.
 */
export const serviceOptions: ActivityOptions = {
  taskQueue: libraryQueues.services,
  startToCloseTimeout: '1 day',
  heartbeatTimeout: '90 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds' },
};
