import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, shortened } from './shortened.ts';

it('keeps a text that fits', () => {
  expect(shortened('Größe', 7)).toBe('Größe');
});

it('cuts off whole characters', () => {
  expect(shortened('ab😀cd', 7)).toBe('ab…');
  expect(bytesOf(shortened('😀'.repeat(500), 200))).toBeLessThanOrEqual(200);
});

describe('any text', () => {
  it('is shortened to its beginning, within the limit, and stays well-formed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 3, max: 40 }), (text, maxBytes) => {
        const short = shortened(text, maxBytes);
        expect(bytesOf(short)).toBeLessThanOrEqual(maxBytes);
        expect(short.isWellFormed()).toBe(true);
        if (short !== text) expect(text.startsWith(short.slice(0, -1))).toBe(true);
      }),
    );
  });
});
