import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { currentBounds, withBounds } from './bounds.ts';

it('lets any number of queries of the same work listen without a warning', async () => {
  const warnings: Error[] = [];
  const collect = (warning: Error): number => warnings.push(warning);
  process.on('warning', collect);
  onTestFinished(() => void process.off('warning', collect));
  withBounds(new AbortController().signal, () => {
    for (let query = 0; query < 20; query++) currentBounds()?.addEventListener('abort', () => undefined);
  });
  await nextTurn();
  expect(warnings).toEqual([]);
});
