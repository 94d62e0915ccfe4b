import { expect, it } from 'vitest';
import { bytesOf, shortened } from './shortened.ts';

it('keeps a text that fits', () => {
  expect(shortened('Größe', 7)).toBe('Größe');
});

it('cuts off whole characters', () => {
  expect(shortened('ab😀cd', 7)).toBe('ab…');
  expect(bytesOf(shortened('😀'.repeat(500), 200))).toBeLessThanOrEqual(200);
});
