import { ActivityCancellationType, type ActivityOptions } from '@temporalio/workflow';
import { failureTypes } from '../engine/failure-types.ts';
import { libraryQueues } from '../engine/declared-queues.ts';

/** A query may find millions of rows, which are copied in batches. Its heartbeat tells of a death soon. */
export const createBulkOptions: ActivityOptions = {
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout: '30 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
};

/** Items of a bulk job are found by index, thousands at a time. */
export const planBulkOptions: ActivityOptions = {
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
};

/**
 * A batch of a bulk job: seconds, longer where its items call other services. Its heartbeat lets another worker go on soon
 * after a death. What is wrong with an item is not an error of the batch, so there is no last attempt.
 */
export const bulkBatchOptions: ActivityOptions = {
  taskQueue: libraryQueues.bulk,
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout: '30 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: {
    initialInterval: '1 second',
    backoffCoefficient: 2,
    maximumInterval: '1 minute',
    nonRetryableErrorTypes: [failureTypes.bulkJobNotFound],
  },
};
