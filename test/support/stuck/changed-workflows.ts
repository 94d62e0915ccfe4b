/** The same job as in workflows.ts, after a change that is not compatible with its history. */
import { proxyActivities } from '@temporalio/workflow';
import type { StuckActivities } from './activities.ts';

const { hang } = proxyActivities<StuckActivities>({ startToCloseTimeout: '1 hour' });

/** It begins with an activity instead of a timer. */
export const deleteExpired = (): Promise<void> => hang();
