import { ActivityCancellationType, type ActivityOptions } from '@temporalio/workflow';
import { failureTypes } from '../contracts/errors.ts';
import { taskQueues } from '../contracts/names.ts';
import { uncountedFailures } from 'durable-jobs/workflow';

// Policies with a last attempt are used with `proxyCountedActivities`, so that an outage of our own database uses up no
// attempts.

/**
 * The payment of an order: the first attempt, then attempts after 60, 300 and 900 s (60 × 5^n, at most 900), then it has failed. With the
 * heartbeat, a killed worker's attempt fails within seconds instead of at the timeout. The end of a cancelled attempt is awaited: only its
 * result shows whether the money was taken.
 */
export const chargeOptions: ActivityOptions = {
  taskQueue: taskQueues.payments,
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: '20 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: {
    initialInterval: '60 seconds',
    backoffCoefficient: 5,
    maximumInterval: '900 seconds',
    maximumAttempts: 4,
    nonRetryableErrorTypes: [
      failureTypes.paymentRejected,
      failureTypes.orderNotFound,
      failureTypes.paymentRateLimited,
      ...uncountedFailures,
    ],
  },
};

/**
 * Money that has to be returned is returned, however long the provider is unavailable: there is no last attempt. The heartbeat makes a dead
 * worker noticed soon.
 */
export const returnPaymentOptions: ActivityOptions = {
  taskQueue: taskQueues.payments,
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: '20 seconds',
  retry: { initialInterval: '10 seconds', backoffCoefficient: 2, maximumInterval: '15 minutes' },
};

/**
 * Emails outlast a long weekend of the mail server, and are not worth sending later than that. They have a separate task queue: a mail
 * server that accepts connections and does not respond only delays emails. With the heartbeat, the email of a worker that died is sent within
 * seconds; while the dead worker may have been handing it over, the next attempt waits for a moment, see sendOnce.
 */
export const emailOptions: ActivityOptions = {
  taskQueue: taskQueues.mail,
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '15 seconds',
  scheduleToCloseTimeout: '3 days',
  retry: {
    initialInterval: '5 seconds',
    backoffCoefficient: 2,
    maximumInterval: '10 minutes',
    nonRetryableErrorTypes: [...uncountedFailures],
  },
};

/**
 * The step between taking money and keeping it: if it fails for about an hour, the money is returned. Attempts are counted instead of time:
 * neither an hour without any worker nor an outage of the database is a failure of the step.
 */
export const fulfilmentOptions: ActivityOptions = {
  startToCloseTimeout: '30 seconds',
  retry: {
    initialInterval: '1 second',
    backoffCoefficient: 2,
    maximumInterval: '1 minute',
    maximumAttempts: 65,
    nonRetryableErrorTypes: [failureTypes.outOfStock, ...uncountedFailures],
  },
};

/**
 * Sums over a fortnight of rows, by index: seconds even for a large shop, and not urgent if the database is unavailable. It heartbeats, so
 * that an attempt whose worker died is followed by another within half a minute.
 */
export const compileReportOptions: ActivityOptions = {
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '30 seconds',
  retry: { initialInterval: '5 seconds', backoffCoefficient: 2, maximumInterval: '10 minutes' },
};

/**
 * Sums over all rows, which take minutes. It heartbeats, so that a refresh whose worker died is started again soon. The next run of the
 * schedule does the same half an hour later, so this one gives up after that time.
 */
export const refreshStatisticsOptions: ActivityOptions = {
  startToCloseTimeout: '10 minutes',
  scheduleToCloseTimeout: '30 minutes',
  heartbeatTimeout: '30 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: {
    initialInterval: '5 seconds',
    backoffCoefficient: 2,
    maximumInterval: '1 minute',
    nonRetryableErrorTypes: [...uncountedFailures],
  },
};

/**
 * Long tasks in our own database that continue from where they stopped: each step takes a moment, all of them may take long. The heartbeat
 * reveals a killed worker within seconds, and delivers a cancellation. After six hours, the next run continues. An outage of the database
 * is retried, because the next attempt continues from the last heartbeat.
 */
export const upkeepOptions: ActivityOptions = {
  startToCloseTimeout: '1 hour',
  scheduleToCloseTimeout: '6 hours',
  heartbeatTimeout: '20 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
};

/**
 * One call for each job of a person: seconds for most people. An attempt that takes too long is followed by one that continues from its
 * last heartbeat. There is no last attempt, because the person must be erased.
 */
export const erasureOptions: ActivityOptions = {
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '30 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
};

/**
 * Reads from the provider, at its rate. The same as {@link upkeepOptions}, with longer waits: more requests do not help a provider with
 * problems. It has more time, too, since a run that gives up has read in vain: the next one begins with the first list.
 */
export const providerWalkOptions: ActivityOptions = {
  ...upkeepOptions,
  taskQueue: taskQueues.payments,
  scheduleToCloseTimeout: '18 hours',
  retry: {
    initialInterval: '10 seconds',
    backoffCoefficient: 2,
    maximumInterval: '5 minutes',
    nonRetryableErrorTypes: [failureTypes.paymentRejected],
  },
};

/** Compares with what was read from the provider. The same as {@link upkeepOptions}, with more time, since what was read is lost otherwise. */
export const comparisonOptions: ActivityOptions = { ...upkeepOptions, scheduleToCloseTimeout: '12 hours' };
