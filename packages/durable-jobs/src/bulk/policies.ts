import { ActivityCancellationType, type ActivityOptions } from '@temporalio/workflow';
import { failureTypes } from '../engine/failure-types.ts';
import { libraryQueues } from '../engine/declared-queues.ts';

/** A query may find millions of rows, which are copied in batches. The heartbeat makes a dead worker noticed soon. */
export const createBulkOptions: ActivityOptions = {
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout: '30 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
};

/** Items of a bulk job are found through an index, thousands at a time. The heartbeat makes a dead worker noticed soon. */
export const planBulkOptions: ActivityOptions = {
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '20 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
};

/**
 * A batch of a bulk job takes seconds, or longer if its items call other services. The heartbeat lets another worker continue soon after a
 * crash. Errors of items are not errors of the batch, so the number of attempts is unlimited.
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
