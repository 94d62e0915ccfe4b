import type { Client } from '@temporalio/client';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { currentBounds, currentShare } from '../../database/bounds.ts';
import type { Db } from '../../database/connect.ts';
import { isDatabaseUnavailable } from '../../database/unavailable.ts';
import { newestMadeStarts } from '../outbox/find.ts';
import { ListFreshness } from './freshness.ts';

vi.mock('../outbox/find.ts', () => ({ newestMadeStarts: vi.fn() }));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('asks a table that is locked with one query at a time, which it cancels after half a minute', async () => {
  const asked: { share: string; signal: AbortSignal | undefined }[] = [];
  vi.mocked(newestMadeStarts).mockImplementation(() => {
    asked.push({ share: currentShare(), signal: currentBounds() });
    return new Promise(() => undefined);
  });
  const client = { withDeadline: (_at: unknown, act: () => unknown) => act() } as unknown as Client;
  const freshness = new ListFreshness({ db: {} as Db, client });
  const outcomes: Promise<unknown>[] = [];
  for (let second = 0; second < 10; second++) {
    outcomes.push(freshness.read().catch((error: unknown) => error));
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(asked).toMatchObject([{ share: 'half', signal: { aborted: false } }]);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(asked[0]?.signal?.aborted).toBe(true);
  for (const outcome of outcomes) expect(await outcome).toSatisfy(isDatabaseUnavailable);

  vi.mocked(newestMadeStarts).mockImplementation(() => Promise.resolve([]));
  expect(await freshness.read()).toEqual(new Date());
});
