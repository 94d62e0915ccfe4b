import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { presentPage, timePageQuery } from './cursor.ts';
import { pageQuery, toCursor } from './paging.ts';

const next = { at: '2026-03-01 10:00:00.123456+00', id: '8b5c3a4e-0d4f-4c57-9b0e-2f6f6f6f6f6f' };

const place = (at: string): string => Buffer.from(JSON.stringify([at, next.id])).toString('base64url');

describe('a cursor', () => {
  it('is decoded to the original position', () => {
    const { nextCursor } = presentPage({ items: [1], next }, String);
    expect(timePageQuery.parse({ cursor: nextCursor })).toEqual({ limit: 20, cursor: next });
    expect(presentPage({ items: [1], next: undefined }, String)).toEqual({ items: ['1'], nextCursor: null });
  });

  it.each([
    ['nonsense', 'nonsense'],
    ['another shape', Buffer.from('{"at":1}').toString('base64url')],
    ['no time', Buffer.from(`["now'; --","${next.id}"]`).toString('base64url')],
    ['a day that there is not', place('2026-02-30 10:00:00+00')],
    ['an hour that there is not', place('2026-03-01 25:00:00+00')],
    ['a year that no row has', place('9999-12-31 23:59:59+00')],
    ['an offset that there is not', place('2026-03-01 10:00:00+99')],
    ['more than a place', Buffer.from(JSON.stringify([next.at, next.id, 1])).toString('base64url')],
    ['not UTF-8', Buffer.from([0x22, 0xff, 0x22]).toString('base64url')],
    ['no id', Buffer.from(`["${next.at}","1"]`).toString('base64url')],
  ])('is refused if it is %s', (_what, cursor) => {
    expect(timePageQuery.safeParse({ cursor }).success).toBe(false);
  });
});

describe('any text as a cursor', () => {
  const anywhere = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.base64String(),
    fc.json().map((json) => Buffer.from(json).toString('base64url')),
    fc
      .date({ noInvalidDate: true })
      .map((at) => place(at.toISOString().slice(0, 19).replace('T', ' ') + '+00')),
  );

  it('is refused, or is a position that is written as it was read', () => {
    fc.assert(
      fc.property(anywhere, (cursor) => {
        const read = timePageQuery.safeParse({ cursor });
        if (!read.success) return;
        const { nextCursor } = presentPage({ items: [], next: read.data.cursor }, String);
        expect(timePageQuery.parse({ cursor: nextCursor })).toEqual(read.data);
      }),
    );
  });

  it('is refused, or is written as it was, where a position is any text', () => {
    fc.assert(
      fc.property(anywhere, (cursor) => {
        const read = pageQuery.safeParse({ cursor });
        if (read.success) expect(toCursor(read.data.cursor ?? '')).toBe(cursor);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (position) => {
        expect(pageQuery.parse({ cursor: toCursor(position) }).cursor).toBe(position);
      }),
    );
  });
});
