import { describe, expect, it } from 'vitest';
import { withLocalTimes } from './browser/times.js';
import { clockTime, localTime, withPlainTimes, withTimes } from './times.ts';

const at = '2026-03-02T09:17:00.480Z';

describe('a time on a page', () => {
  it('is an instant for the script, and UTC without it', () => {
    expect(localTime(at).toString()).toBe(`<time datetime="${at}">2 Mar, 09:17:00 UTC</time>`);
    expect(clockTime(at).toString()).toBe(`<time datetime="${at}" data-as="clock">09:17:00.480</time>`);
  });

  it('is found in a sentence, whose other text is escaped', () => {
    expect(withTimes(`It <b>begins</b> at ${at}.`).toString()).toBe(
      `It &lt;b&gt;begins&lt;/b&gt; at <time datetime="${at}">2 Mar, 09:17:00 UTC</time>.`,
    );
    expect(withTimes('It waits.').toString()).toBe('It waits.');
    // It looks like a time and is none.
    expect(withTimes('See 2026-13-45T99:99:99Z.').toString()).toBe('See 2026-13-45T99:99:99Z.');
  });

  it('is plain text where there can be no element', () => {
    expect(withPlainTimes(`From ${at} to ${at}`)).toBe(
      'From 2026-03-02 09:17:00 UTC to 2026-03-02 09:17:00 UTC',
    );
  });
});

it('has 24 hours for readers of every language, as expressions of schedules have', () => {
  const of = (year: number) => withLocalTimes(`${year}-03-02T21:17:00.480Z`);
  const hour = new Date('2026-03-02T21:17:00.480Z').getHours();
  for (const text of [of(new Date().getFullYear()), of(2019)]) {
    expect(text).toContain(`${String(hour).padStart(2, '0')}:17:00`);
    expect(text).not.toMatch(/[ap]\.?m/i);
  }
});
