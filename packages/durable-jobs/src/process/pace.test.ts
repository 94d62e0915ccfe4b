import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createPace } from './pace.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => vi.useRealTimers());

describe('a pace', () => {
  it('lets the first call through at once and holds the next one back', async () => {
    const pace = createPace(0.001);
    const { signal } = new AbortController();
    await pace(signal);
    const stopping = new AbortController();
    const second = pace(stopping.signal);
    stopping.abort();
    await expect(second).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('lets a burst through at once after a pause, and then no more than its pace', async () => {
    const pace = createPace(0.001, 3);
    const { signal } = new AbortController();
    const held = new AbortController();
    const fourth = async (): Promise<void> => {
      const next = pace(held.signal);
      held.abort();
      await next;
    };
    for (let call = 0; call < 3; call++) await pace(signal);
    await expect(fourth()).rejects.toMatchObject({ name: 'AbortError' });
    vi.setSystemTime(Date.now() + 5_000_000);
    for (let call = 0; call < 3; call++) await pace(signal);
    await expect(fourth()).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('lets the next call through when its time has come', async () => {
    const pace = createPace(1);
    const { signal } = new AbortController();
    await pace(signal);
    vi.setSystemTime(Date.now() + 1_000);
    // It is not delayed, which would take a second of real time.
    await Promise.race([pace(signal), new Promise((_resolve, reject) => setTimeout(reject, 500))]);
  });
});
