import type { ActivityOptions } from '@temporalio/workflow';
import { failureTypes } from '../../engine/failure-types.ts';

/**
 * Failures that end an activity at once, so that `proxyCountedActivities` can wait out their cause without using up attempts.
 * Policies that give up name them as not retryable.
 */
export const uncountedFailures: readonly string[] = [
  failureTypes.databaseUnavailable,
  failureTypes.payloadRefused,
  failureTypes.payloadKeyMissing,
];

/** Our own database: short waits, because it is nearby, and unlimited attempts, because everything depends on it. */
export const databaseOptions: Readonly<ActivityOptions> = {
  startToCloseTimeout: '30 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
};
