import { expect, it, vi } from 'vitest';
import { sayingIfSlow } from './slow-start.ts';

it('says that a process is still loading, and of a restart once', async () => {
  const now = vi.spyOn(performance, 'now').mockReturnValue(1_000);
  const refused = new TypeError('fetch failed', {
    cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
  });
  const report = vi.fn();
  const print = vi.fn();
  const url = 'http://127.0.0.1:3000';
  const { beforeStart, isReady } = sayingIfSlow(
    { isReady: () => Promise.reject(refused) },
    { label: 'API', url, report, print },
  );
  const { signal } = new AbortController();
  await beforeStart();
  await expect(isReady(signal)).rejects.toBe(refused);
  expect(report).toHaveBeenLastCalledWith(`still loading: it does not listen at ${url} yet`);
  expect(print).not.toHaveBeenCalled();
  now.mockReturnValue(12_000);
  await expect(isReady(signal)).rejects.toBe(refused);
  await expect(isReady(signal)).rejects.toBe(refused);
  expect(print.mock.calls).toEqual([[`  … API is still loading: it does not listen at ${url} yet`]]);
  now.mockRestore();
});
