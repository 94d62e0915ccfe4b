import { condition, proxyActivities, setHandler } from '@temporalio/workflow';
import type { activities } from './activities.ts';
import { releaseSignal } from './signals.ts';

const { take } = proxyActivities<typeof activities>({ startToCloseTimeout: '10 seconds' });

/** The same in both releases. */
export async function hold(): Promise<{ steps: string[] }> {
  let isReleased = false;
  setHandler(releaseSignal, () => {
    isReleased = true;
  });
  const steps = [await take('take')];
  await condition(() => isReleased);
  steps.push(await take('give'));
  return { steps };
}
