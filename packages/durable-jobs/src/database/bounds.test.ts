import { getMaxListeners } from 'node:events';
import { expect, it } from 'vitest';
import { currentBounds, withBounds } from './bounds.ts';

it('lets any number of queries of the same work listen', () => {
  const { signal } = new AbortController();
  withBounds(signal, () => {
    const bounds = currentBounds();
    expect(bounds && getMaxListeners(bounds)).toBe(0);
  });
});
