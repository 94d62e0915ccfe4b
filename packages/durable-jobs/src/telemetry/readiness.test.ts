import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createReadiness } from './readiness.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it.each([
  ['a second if all is well', true, 999, 1_000],
  ['a quarter of a second if something is not', false, 249, 250],
])('a result is shared for %s', async (_what, isWell, sharedMs, newMs) => {
  let checked = 0;
  const read = createReadiness(
    {
      counted: () => {
        checked++;
        if (!isWell) throw new Error('it is not');
      },
    },
    { timeoutMs: 50, logger: pino({ level: 'silent' }) },
  );
  expect((await read()).ready).toBe(isWell);
  vi.advanceTimersByTime(sharedMs);
  await read();
  expect(checked).toBe(1);
  vi.advanceTimersByTime(newMs - sharedMs);
  await read();
  expect(checked).toBe(2);
});
