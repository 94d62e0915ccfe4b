import { proxyActivities } from '@temporalio/workflow';
import { startWhenMeant } from 'durable-jobs/workflow';
import type { activities } from './activities.ts';

const { lettersOf } = proxyActivities<typeof activities>({ startToCloseTimeout: '10 seconds' });

/** See `countLetters` in jobs.ts. */
export async function countLetters({ words }: { words: string[] }): Promise<{ letters: number }> {
  await startWhenMeant();
  let letters = 0;
  for (const word of words) letters += await lettersOf(word);
  return { letters };
}
