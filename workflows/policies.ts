import { ActivityCancellationType, type ActivityOptions } from '@temporalio/workflow';
import { failureTypes } from '../contracts/errors.ts';
import { taskQueues } from '../contracts/names.ts';
import { uncountedFailures } from 'durable-jobs/workflow';

// Policies that give up are used with `proxyCountedActivities`, so that an outage of our own database uses up nothing of them.

/**
 * The payment of an order: the first try, then after 60, 300 and 900 s (60 × 5^n, at most 900), then it has failed.
 * The heartbeat lets a killed worker's attempt fail within seconds instead of at the time-out. A cancelled attempt is
 * waited for: only its end says whether the money was taken.
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

/** Money that has to go back does, however long the provider is unavailable: there is no last attempt. */
export const returnPaymentOptions: ActivityOptions = {
  taskQueue: taskQueues.payments,
  startToCloseTimeout: '2 minutes',
  retry: { initialInterval: '10 seconds', backoffCoefficient: 2, maximumInterval: '15 minutes' },
};

/**
 * Emails outlast a mail server's long weekend, and are not worth sending later than that. They have a task queue of their own: a mail
 * server that takes connections and says nothing delays emails alone.
 */
export const emailOptions: ActivityOptions = {
  taskQueue: taskQueues.mail,
  startToCloseTimeout: '1 minute',
  scheduleToCloseTimeout: '3 days',
  retry: {
    initialInterval: '5 seconds',
    backoffCoefficient: 2,
    maximumInterval: '10 minutes',
    nonRetryableErrorTypes: [...uncountedFailures],
  },
};

/**
 * The step between taking money and keeping it: after about an hour of failing the money goes back. Counted in attempts
 * and not by the clock: an hour without any worker says nothing of the step, and neither does an outage of the database.
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
 * Sums over a fortnight of rows, by index: seconds even for a large shop, and no hurry if the database is unavailable. It heartbeats, so
 * that an attempt whose worker died is followed by another within half a minute.
 */
export const compileReportOptions: ActivityOptions = {
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '30 seconds',
  retry: { initialInterval: '5 seconds', backoffCoefficient: 2, maximumInterval: '10 minutes' },
};

/**
 * Sums over all rows, so minutes. It heartbeats, because a refresh whose worker died should be begun again soon. The next run of the
 * schedule is half an hour away and does the same: after that long this one gives up.
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
 * Walks over our own database that continue from where they were: each step takes a moment, the whole may take long. The heartbeat reveals
 * a killed worker within seconds, and brings a cancellation. After six hours it is the next run's turn. An outage of the database is
 * retried, because the next attempt continues from the last heartbeat.
 */
export const upkeepOptions: ActivityOptions = {
  startToCloseTimeout: '1 hour',
  scheduleToCloseTimeout: '6 hours',
  heartbeatTimeout: '20 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
};

/**
 * A look at each job of a person: seconds for most, by one call each. An attempt that takes too long is followed by one that continues from
 * its last heartbeat. There is no last attempt: a person is erased in the end.
 */
export const erasureOptions: ActivityOptions = {
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '30 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
};

/**
 * Walks over the provider's lists, at its rate. As {@link upkeepOptions}, with longer waits: a provider that is in
 * trouble is not helped by questions, and nothing is lost by asking later.
 */
export const providerWalkOptions: ActivityOptions = {
  ...upkeepOptions,
  taskQueue: taskQueues.payments,
  retry: {
    initialInterval: '10 seconds',
    backoffCoefficient: 2,
    maximumInterval: '5 minutes',
    nonRetryableErrorTypes: [failureTypes.paymentRejected],
  },
};
