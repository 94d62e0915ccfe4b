import { proxyActivities } from '@temporalio/workflow';
import type * as activities from './raw-activities.ts';

const { doNothing } = proxyActivities<typeof activities>({ startToCloseTimeout: '10s' });

/** Three activities one after another, as an order has: payment, completion, receipt. */
export async function threeActivities(): Promise<void> {
  await doNothing();
  await doNothing();
  await doNothing();
}
