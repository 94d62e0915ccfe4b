/** The workflows of the second release. */
import { condition, patched, proxyActivities, setHandler, sleep } from '@temporalio/workflow';
import type { activities } from './activities.ts';
import { continueSignal, releaseSignal } from './signals.ts';

export { hold } from './hold.ts';

const { take } = proxyActivities<typeof activities>({ startToCloseTimeout: '10 seconds' });

/** It waits first, which is not compatible with what the first release does. */
export async function ship(): Promise<{ steps: string[] }> {
  await sleep('2 seconds');
  const steps = [await take('pack')];
  steps.push(await take('send'));
  return { steps };
}

/** It has one more step, except in jobs that began before that step existed. */
export async function track(): Promise<{ steps: string[] }> {
  const steps = patched('greet-first') ? [await take('greet')] : [];
  steps.push(await take('ask'));
  await sleep('4 seconds');
  steps.push(await take('tell'));
  return { steps };
}

/** It has two more steps. */
export async function check(): Promise<{ steps: string[] }> {
  let mayContinue = false;
  let isReleased = false;
  setHandler(continueSignal, () => {
    mayContinue = true;
  });
  setHandler(releaseSignal, () => {
    isReleased = true;
  });
  const steps: string[] = [];
  if (patched('look-first')) {
    steps.push(await take('look'));
    await condition(() => mayContinue);
    steps.push(await take('note'));
  }
  await condition(() => isReleased);
  steps.push(await take('give'));
  return { steps };
}
