import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import { untilAccepted } from './apply-declared.ts';

const logger = pino({ level: 'silent' });

it('schedules that the engine refuses are applied again until it accepts them', async () => {
  const apply = vi.fn(() => Promise.resolve());
  apply.mockRejectedValueOnce(new Error('refused')).mockRejectedValueOnce(new Error('refused'));
  await untilAccepted(apply, { logger, signal: new AbortController().signal, retryMs: 1 });
  expect(apply).toHaveBeenCalledTimes(3);
});

it('schedules that the engine refuses are given up when the version is no longer current', async () => {
  const over = new AbortController();
  const apply = vi.fn(() => {
    over.abort();
    return Promise.reject(new Error('refused'));
  });
  await untilAccepted(apply, { logger, signal: over.signal });
  expect(apply).toHaveBeenCalledTimes(1);
});
