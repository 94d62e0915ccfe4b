import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { exchange } from '../../../../test/support/exchange.ts';
import { createLockout } from './lockout.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const lines: { msg: string; client: string; seconds: number }[] = [];
beforeEach(() => void lines.splice(0));
const logger = pino({}, { write: (line) => void lines.push(JSON.parse(line) as (typeof lines)[number]) });

const create = () => createLockout({ failures: 3, seconds: 60, because: 'Too many wrong keys.' }, logger);
const from = (ip: string | null) => exchange({ ip }).request;
const ada = from('192.0.2.1');
const fail = (lockout: ReturnType<typeof create>, request = ada) =>
  lockout.attempt(request, async (failed) => {
    await failed();
    return 'failed';
  });
const locked = (seconds: number) => ({
  status: 429,
  message: 'Too many wrong keys.',
  headers: { 'Retry-After': String(seconds) },
});

describe('a lockout', () => {
  it('blocks an address after its last failure for its time, whatever it sends', async () => {
    const lockout = create();
    for (let n = 0; n < 3; n++) {
      await lockout.check(ada);
      expect(await fail(lockout)).toBe('failed');
    }
    await expect(lockout.check(ada)).rejects.toMatchObject(locked(60));
    const work = vi.fn();
    await expect(lockout.attempt(ada, work)).rejects.toMatchObject(locked(60));
    expect(work).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(59_500);
    await expect(lockout.check(ada)).rejects.toMatchObject(locked(1));
    await vi.advanceTimersByTimeAsync(500);
    expect(await lockout.attempt(ada, () => Promise.resolve('tried'))).toBe('tried');
  });

  it('logs an address once when it is blocked', async () => {
    const lockout = create();
    await fail(lockout);
    await fail(lockout);
    expect(lines).toEqual([]);
    await fail(lockout);
    await expect(fail(lockout)).rejects.toThrow();
    expect(lines).toMatchObject([
      { msg: 'an address was locked out: Too many wrong keys.', client: '192.0.2.1', seconds: 60 },
    ]);
  });

  it('lasts for its time from the last failure, whenever the first one was', async () => {
    const lockout = create();
    await fail(lockout);
    await vi.advanceTimersByTimeAsync(50_000);
    await fail(lockout);
    await fail(lockout);
    await vi.advanceTimersByTimeAsync(59_000);
    await expect(lockout.check(ada)).rejects.toMatchObject(locked(1));
  });

  it('counts neither attempts that succeed nor those of other addresses', async () => {
    const lockout = create();
    for (let n = 0; n < 9; n++) await lockout.attempt(ada, () => Promise.resolve());
    for (let n = 0; n < 3; n++) await fail(lockout, from('192.0.2.2'));
    await lockout.check(ada);
  });

  it('counts a network of IPv6 as one address, and so what has no address', async () => {
    const lockout = create();
    for (let n = 1; n <= 3; n++) await fail(lockout, from(`2001:db8::${n}`));
    await expect(lockout.check(from('2001:db8::4'))).rejects.toThrow('Too many wrong keys.');
    for (let n = 1; n <= 3; n++) await fail(lockout, from(null));
    await lockout.check(ada);
  });

  it('lets as many attempts run at once as may still fail, and refuses the rest if they do', async () => {
    const lockout = create();
    const ends: (() => void)[] = [];
    let running = 0;
    let most = 0;
    const attempts = Array.from({ length: 8 }, () =>
      lockout.attempt(ada, async (failed) => {
        most = Math.max(most, ++running);
        await new Promise<void>((resolve) => ends.push(resolve));
        running--;
        await failed();
      }),
    );
    const settled = Promise.allSettled(attempts);
    await vi.waitFor(() => expect(running).toBe(3));
    for (const end of ends) end();
    expect((await settled).filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    expect(most).toBe(3);
  });

  it('counts those that still run when one has ended', async () => {
    const lockout = create();
    const ends: (() => void)[] = [];
    let running = 0;
    const start = () =>
      lockout.attempt(ada, async () => {
        running++;
        await new Promise<void>((resolve) => ends.push(resolve));
        running--;
      });
    const attempts = [start(), start(), start()];
    await vi.waitFor(() => expect(running).toBe(3));
    ends.shift()?.();
    await attempts[0];
    attempts.push(start(), start(), start());
    await vi.waitFor(() => expect(running).toBe(3));
    // Time for those that should wait.
    await vi.advanceTimersByTimeAsync(1_000);
    expect(running).toBe(3);
    while (ends.length > 0 || running > 0) {
      ends.shift()?.();
      await vi.advanceTimersByTimeAsync(0);
    }
    await Promise.all(attempts);
  });

  it('lets the next attempt run when one has ended well or badly', async () => {
    const lockout = create();
    const attempts = Array.from({ length: 12 }, (_, index) =>
      lockout.attempt(ada, () =>
        index % 2 === 0 ? Promise.resolve(index) : Promise.reject(new Error('unavailable')),
      ),
    );
    const settled = await Promise.allSettled(attempts);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(6);
    // What ended with an error of its own is no failure.
    await lockout.check(ada);
  });
});
