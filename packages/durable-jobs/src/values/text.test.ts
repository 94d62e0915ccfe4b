import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyText, line, lineFault, quoted, text } from './text.ts';

describe('a line', () => {
  it.each(['Ada', 'Zoë Müller', '李小龍', 'عمر', '👩‍👩‍👧', 'O’Neill & Sons', ' Ada '])('may be %j', (value) => {
    expect(line(50).parse(value)).toBe(value);
  });

  it.each([
    ['is empty', ''],
    ['is too long', 'x'.repeat(51)],
    ['is blank', ' \u00a0'],
    ['has zero-width characters alone', '\u200b\u2060\ufeff'],
    ['has joiners and fillers alone', '\u200d\u3164\u00ad'],
    ['has half of a surrogate pair', 'A\ud83d'],
    ['has a NUL', 'A\0'],
    ['has a line break', 'A\nB'],
    ['has a carriage return', 'A\rB'],
    ['has an escape', 'A\u001b[31m'],
    ['has a C1 control', 'A\u0085B'],
    ['has a line separator', 'A\u2028B'],
    ['has a paragraph separator', 'A\u2029B'],
    ['turns its direction', 'A\u202eB'],
    ['isolates a direction', 'A\u2066B'],
  ])('is refused if it %s', (_what, value) => {
    expect(line(50).safeParse(value).success).toBe(false);
  });
});

describe('text', () => {
  it('may have several lines', () => {
    expect(text(20).parse('one\n\ttwo')).toBe('one\n\ttwo');
    expect(anyText(20).parse('')).toBe('');
  });

  it.each(['A\ud83d', '\udc00', 'A\0'])('is refused as %j', (value) => {
    expect(text(20).safeParse(value).success).toBe(false);
    expect(anyText(20).safeParse(value).success).toBe(false);
  });
});

describe('any text in quotes', () => {
  it('is one line without anything that changes how it is displayed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => {
        const shown = quoted(text);
        expect(lineFault(shown)).toBeUndefined();
        expect(JSON.parse(shown)).toBe(text);
      }),
    );
  });
});
