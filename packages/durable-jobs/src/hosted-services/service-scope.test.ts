import { setImmediate } from 'node:timers/promises';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { createScope } from './service-scope.ts';

it('lets many units wait at the same time, which Node does not take for a leak', async () => {
  const warnings: string[] = [];
  const note = ({ name }: Error): void => void warnings.push(name);
  process.on('warning', note);
  try {
    const ending = new AbortController();
    const { scope } = createScope({
      db: {} as never,
      logger: pino({ level: 'silent' }),
      signal: ending.signal,
      report: () => undefined,
    });
    const waits = Array.from({ length: 20 }, () => scope.wait(60_000));
    await setImmediate();
    ending.abort();
    await Promise.all(waits);
  } finally {
    process.off('warning', note);
  }
  expect(warnings).toEqual([]);
});
