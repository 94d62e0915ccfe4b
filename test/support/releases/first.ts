/** The workflows of the first release. */
import { condition, proxyActivities, setHandler, sleep } from '@temporalio/workflow';
import type { activities } from './activities.ts';
import { continueSignal, releaseSignal } from './signals.ts';

export { hold } from './hold.ts';

const { take } = proxyActivities<typeof activities>({ startToCloseTimeout: '10 seconds' });

export async function ship(): Promise<{ steps: string[] }> {
  const steps = [await take('pack')];
  await sleep('2 seconds');
  steps.push(await take('send'));
  return { steps };
}

export async function track(): Promise<{ steps: string[] }> {
  const steps = [await take('ask')];
  await sleep('4 seconds');
  steps.push(await take('tell'));
  return { steps };
}

export async function check(): Promise<{ steps: string[] }> {
  let isReleased = false;
  setHandler(continueSignal, () => undefined);
  setHandler(releaseSignal, () => {
    isReleased = true;
  });
  await condition(() => isReleased);
  return { steps: [await take('give')] };
}
