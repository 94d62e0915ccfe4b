import { describe, expect, it } from 'vitest';
import { presentPage, timePageQuery } from './cursor.ts';

const next = { at: '2026-03-01 10:00:00.123456+00', id: '8b5c3a4e-0d4f-4c57-9b0e-2f6f6f6f6f6f' };

describe('a cursor', () => {
  it('comes back as it was given out', () => {
    const { nextCursor } = presentPage({ items: [1], next }, String);
    expect(timePageQuery.parse({ cursor: nextCursor })).toEqual({ limit: 20, cursor: next });
    expect(presentPage({ items: [1], next: undefined }, String)).toEqual({ items: ['1'], nextCursor: null });
  });

  it.each([
    ['nonsense', 'nonsense'],
    ['another shape', Buffer.from('{"at":1}').toString('base64url')],
    ['no time', Buffer.from(`["now'; --","${next.id}"]`).toString('base64url')],
    ['no id', Buffer.from(`["${next.at}","1"]`).toString('base64url')],
  ])('is refused where it is %s', (_what, cursor) => {
    expect(timePageQuery.safeParse({ cursor }).success).toBe(false);
  });
});
