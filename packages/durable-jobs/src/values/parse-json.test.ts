import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonError, MAX_JSON_DEPTH, parseJson } from './parse-json.ts';

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');

function failure(source: Uint8Array): JsonError {
  try {
    parseJson(source);
  } catch (error) {
    if (error instanceof JsonError) return error;
    throw error;
  }
  throw new Error('it was parsed');
}

describe('JSON', () => {
  it('reads as the platform reads it, with a byte order mark or without', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom('', '\ufeff'), (value, mark) => {
        const text = JSON.stringify(value);
        // The service also refuses a NUL.
        fc.pre(!text.includes('\\u0000'));
        expect(parseJson(bytes(mark + text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each<[string, Uint8Array, JsonError['reason']]>([
    ['Latin-1', Buffer.from('"Zoë"', 'latin1'), 'encoding'],
    ['UTF-16', Buffer.from('\ufeff"a"', 'utf16le'), 'encoding'],
    ['half of a surrogate pair in bytes', Buffer.from([0x22, 0xed, 0xa0, 0xbd, 0x22]), 'encoding'],
    ['half of a surrogate pair', bytes(String.raw`{"name":"A\ud83d"}`), 'text'],
    ['a NUL', bytes(String.raw`{"name":"A\u0000"}`), 'text'],
    ['two byte order marks', bytes('\ufeff\ufeff1'), 'syntax'],
    ['nothing', bytes(''), 'syntax'],
    ['nested arrays', bytes('['.repeat(8 * 1024 * 1024)), 'depth'],
    ['nested objects', bytes('{"a":'.repeat(1_000_000)), 'depth'],
  ])('refuses %s', (_what, source, reason) => {
    expect(failure(source)).toMatchObject({ reason });
  });

  it('is accepted up to the depth limit, whatever its strings contain', () => {
    const nested = (depth: number): string => '['.repeat(depth) + String.raw`"[{\"[\\"` + ']'.repeat(depth);
    expect(JSON.stringify(parseJson(bytes(nested(MAX_JSON_DEPTH))))).toBe(nested(MAX_JSON_DEPTH));
    expect(failure(bytes(nested(MAX_JSON_DEPTH + 1)))).toMatchObject({ reason: 'depth' });
  });

  it('names every text that is wrong, names of fields among them', () => {
    const { faults } = failure(
      bytes(String.raw`{"a":[{"b":"\u0000"},"\udc00"],"c\ud800":1,"fine":"\ud83d\ude00"}`),
    );
    expect(faults).toEqual([
      { path: ['c\ud800'], message: expect.stringContaining('Unicode') as unknown },
      { path: ['a', 0, 'b'], message: expect.stringContaining('NUL') as unknown },
      { path: ['a', 1], message: expect.stringContaining('Unicode') as unknown },
    ]);
  });
});
