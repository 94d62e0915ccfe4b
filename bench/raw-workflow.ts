import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { Item } from './effect.ts';
import type { rawActivities } from './raw-activities.ts';

const { doNothing, applyItem } = proxyActivities<ReturnType<typeof rawActivities>>({
  startToCloseTimeout: '10s',
});

/** Three activities one after another, as an order has: payment, completion, receipt. */
export async function threeActivities(): Promise<void> {
  await doNothing();
  await doNothing();
  await doNothing();
}

/** One activity, which makes the effect of an item. */
export async function oneItem(item: Item): Promise<void> {
  await applyItem(item);
}

const local = proxyLocalActivities<ReturnType<typeof rawActivities>>({ startToCloseTimeout: '10s' });

/** The same with a local activity. */
export async function oneLocalItem(item: Item): Promise<void> {
  await local.applyItem(item);
}
