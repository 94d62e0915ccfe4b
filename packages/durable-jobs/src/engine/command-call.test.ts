import type { Client } from '@temporalio/client';
import { afterEach, expect, it, vi } from 'vitest';
import { callForCommand } from './command-call.ts';

const printed = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
afterEach(() => printed.mockClear());

const client = {
  withDeadline: (_deadline: number, call: () => unknown) => call(),
} as unknown as Client;

const failure = (code: number): Error => Object.assign(new Error(`status ${code}`), { code });

/** Calls with these outcomes, one after the other; undefined is a response. */
async function call(...outcomes: (number | undefined)[]): Promise<{ calls: number; result: unknown }> {
  let calls = 0;
  const result = await callForCommand(
    client,
    () => {
      const code = outcomes[calls++];
      return code === undefined ? Promise.resolve('done') : Promise.reject(failure(code));
    },
    { attempts: 3, retryMs: 1 },
  ).catch((error: unknown) => error);
  return { calls, result };
}

it('repeats a call that exceeded its time or found no engine, and prints it', async () => {
  expect(await call(4, 14)).toEqual({ calls: 3, result: 'done' });
  expect(printed.mock.calls.flat().join('')).toContain('trying again (2 of 2)');
});

it('gives up after some attempts', async () => {
  expect(await call(4, 4, 14)).toMatchObject({ calls: 3, result: { code: 14 } });
});

it('does not repeat a call that the engine refused', async () => {
  expect(await call(9)).toMatchObject({ calls: 1, result: { code: 9 } });
});
