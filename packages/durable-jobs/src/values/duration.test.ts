import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { durationMs, writeDuration, timerMs } from './duration.ts';

describe('a duration', () => {
  it.each([
    ['0s', 0],
    ['250ms', 250],
    ['90s', 90_000],
    ['90 s', 90_000],
    ['5m', 300_000],
    ['1.5h', 5_400_000],
    ['366d', 31_622_400_000],
    ['2w', 1_209_600_000],
  ])('may be %s', (text, ms) => {
    expect(durationMs.parse(text)).toBe(ms);
  });

  it.each([
    '',
    '90',
    '1M',
    '1H',
    '1S',
    '1D',
    '5min',
    '90 seconds',
    '1y',
    'm',
    '-1s',
    '+1s',
    '1e3s',
    '.5s',
    '0.0001s',
    '1h30m',
    ' 1s',
    '1s ',
    '１s',
    '36526d',
    '999999999999w',
  ])('is refused as %j', (text) => {
    expect(durationMs.safeParse(text).success).toBe(false);
  });

  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3_000_000_000_000 }), (ms) => {
        expect(durationMs.parse(writeDuration(ms))).toBe(ms);
      }),
    );
  });

  it('that a timer waits for is one that a timer can hold', () => {
    expect(timerMs.parse('24d')).toBe(24 * 86_400_000);
    expect(timerMs.safeParse('25d').success).toBe(false);
  });
});
