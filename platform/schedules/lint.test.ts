import { describe, expect, it } from 'vitest';
import { lintSchedule } from './lint.ts';
import { toTiming } from './timing.ts';

const NOW = Date.parse('2026-11-23T00:00:00Z');
const DAY = 86_400_000;

const codes = (timing: Parameters<typeof toTiming>[0], timeZone = 'Europe/Berlin', catchupWindowMs = DAY) =>
  lintSchedule({ timing: toTiming(timing), timeZone, catchupWindowMs }, NOW).map(({ code }) => code);

describe('the lint', () => {
  const cases: [string, Parameters<typeof codes>, string[]][] = [
    [
      'a run that a clock change skips, and one that it repeats',
      [{ cron: '30 2 * * *' }],
      ['dst_gap', 'dst_fold'],
    ],
    ['a run right before the gap', [{ cron: '59 1 * * *' }], []],
    ['the same times in a zone that never changes', [{ cron: '30 2 * * *' }, 'UTC'], []],
    ['a day that the clocks do not change on', [{ cron: '30 2 * * MON' }], []],
    ['a job of every hour, which loses nothing', [{ cron: '30 * * * *' }], []],
    [
      'a night in which the clocks of New York change',
      [{ cron: '30 1 * * *' }, 'America/New_York'],
      ['dst_fold'],
    ],
    ['a day of the month and of the week', [{ cron: '0 9 1 * MON' }], ['day_of_month_and_week']],
    ['a day as an interval', [{ every: DAY }], ['interval_drifts']],
    ['half an hour as an interval', [{ every: 1_800_000 }], []],
    [
      'a catch-up window shorter than an outage',
      [{ cron: '0 9 * * *' }, 'UTC', 3_600_000],
      ['short_catchup_window'],
    ],
    ['a day that there is not', [{ calendar: { dayOfMonth: 31, month: 4 } }], ['no_runs']],
  ];
  it.each(cases)('of %s', (_, args, expected) => {
    expect(codes(...args)).toEqual(expected);
  });

  it('says which night it is', () => {
    const [gap] = lintSchedule(
      { timing: toTiming({ cron: '30 2 * * *' }), timeZone: 'Europe/Berlin', catchupWindowMs: DAY },
      NOW,
    );
    expect(gap?.message).toContain('2027-03-28 02:30 does not exist in Europe/Berlin');
  });
});
