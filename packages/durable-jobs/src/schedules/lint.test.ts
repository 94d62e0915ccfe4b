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
      'a run that a clock change skips, while the other one changes nothing',
      [{ cron: '30 2 * * *' }],
      ['dst_gap'],
    ],
    ['a run in the last minute before the hour that comes twice', [{ cron: '59 1 * * *' }], ['dst_fold']],
    ['a run an hour before it', [{ cron: '59 0 * * *' }], []],
    ['the same times in a zone that never changes', [{ cron: '30 2 * * *' }, 'UTC'], []],
    ['a day that the clocks do not change on', [{ cron: '30 2 * * MON' }], []],
    [
      'a job of every hour, which loses a run where an hour comes twice',
      [{ cron: '30 * * * *' }],
      ['dst_fold'],
    ],
    ['a job of every hour where the engine gets it right', [{ cron: '30 * * * *' }, 'America/New_York'], []],
    [
      'a night in which the clocks of New York change',
      [{ cron: '30 1 * * *' }, 'America/New_York'],
      ['dst_fold'],
    ],
    ['a day of the month and of the week', [{ cron: '0 9 1 * MON' }], ['day_of_month_and_week']],
    ['a day as an interval', [{ every: DAY }], ['interval_drifts']],
    ['half an hour as an interval', [{ every: 1_800_000 }], []],
    ['half a day as an interval', [{ every: DAY / 2 }], ['interval_drifts']],
    ['half a day as an interval, where clocks never change', [{ every: DAY / 2 }, 'Asia/Tokyo'], []],
    ['an interval that does not divide a day', [{ every: 25_200_000 }, 'Asia/Tokyo'], ['interval_drifts']],
    ['the same without local times', [{ every: 25_200_000 }, 'UTC'], []],
    [
      'an hour as an interval, where clocks change by half of it',
      [{ every: 3_600_000 }, 'Australia/Lord_Howe'],
      ['interval_drifts'],
    ],
    ['minutes that do not divide an hour', [{ cron: '*/7 * * * *' }, 'UTC'], ['uneven_step']],
    ['hours that do not divide a day', [{ cron: '0 */7 * * *' }, 'UTC'], ['uneven_step']],
    [
      'hours that do not divide a day, as a calendar',
      [{ calendar: { hour: { from: 0, to: 23, step: 5 } } }, 'UTC'],
      ['uneven_step'],
    ],
    ['hours that divide a day', [{ cron: '*/20 */6 * * *' }, 'UTC'], []],
    ['a step within a part of the day', [{ cron: '0 8-18/3 * * *' }, 'UTC'], []],
    ['every other day, in months of any length', [{ cron: '0 0 */2 * *' }, 'UTC'], ['uneven_step']],
    ['months that do not divide a year', [{ cron: '0 0 1 */5 *' }, 'UTC'], ['uneven_step']],
    ['every other day of the week', [{ cron: '0 0 * * */2' }, 'UTC'], ['uneven_step']],
    ['steps of a whole hour and a whole day', [{ cron: '*/60 */24 * * *' }, 'UTC'], []],
    ['the 31st, which not every month has', [{ cron: '0 0 31 * *' }, 'UTC'], ['short_months']],
    ['the 31st of months that have it', [{ cron: '0 0 31 1,3 *' }, 'UTC'], []],
    ['the leap day', [{ cron: '0 0 29 2 *' }, 'UTC'], ['short_months']],
    ['the 28th', [{ cron: '0 0 28 * *' }, 'UTC'], []],
    ['a zone that Node does not know', [{ cron: '0 0 * * *' }, 'Mars/Olympus_Mons'], ['unknown_time_zone']],
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

  const changes: [string, Parameters<typeof toTiming>[0], string, string[]][] = [
    [
      'a time that is skipped',
      { cron: '30 2 * * *' },
      'Europe/Berlin',
      ['On 2027-03-28 clocks in Europe/Berlin go forward from 02:00 to 03:00: 1 run lost (02:30).'],
    ],
    [
      'each quarter of an hour',
      { cron: '*/15 * * * *' },
      'Europe/Berlin',
      [
        'On 2027-10-31 clocks in Europe/Berlin go back from 03:00 to 02:00: 8 runs lost (02:00, 02:15, 02:30 twice, 02:45 twice, 03:00, 03:15).',
      ],
    ],
    [
      'each hour',
      { cron: '0 * * * *' },
      'Europe/Berlin',
      ['On 2027-10-31 clocks in Europe/Berlin go back from 03:00 to 02:00: 1 run lost (02:00).'],
    ],
    [
      'every second, in bounded work',
      { calendar: { second: '*', minute: '*', hour: '*' } },
      'Europe/Berlin',
      [
        'On 2027-10-31 clocks in Europe/Berlin go back from 03:00 to 02:00: 7200 runs lost (02:00, 02:01, 02:02 twice, 02:03 twice, 02:04 twice, 02:05 twice, 02:06 twice, 02:07 twice and 54 more).',
      ],
    ],
    [
      'a time that comes twice',
      { cron: '30 1 * * *' },
      'America/New_York',
      ['On 2027-11-07 clocks in America/New_York go back from 02:00 to 01:00: 1 run repeated (01:30).'],
    ],
    [
      'a run that the engine moves to another hour',
      { cron: '59 1 * * *' },
      'Europe/Berlin',
      [
        'On 2027-10-31 clocks in Europe/Berlin go back from 03:00 to 02:00: 1 run at times that do not match (02:59).',
      ],
    ],
    [
      'a Sunday that the engine takes for a Saturday',
      { cron: '0 9 * * SUN' },
      'America/Santiago',
      ['On 2027-09-05 clocks in America/Santiago go forward from 00:00 to 01:00: 1 run lost (09:00).'],
    ],
    [
      'a Saturday that has a run on Sunday too',
      { cron: '0 9 * * SAT' },
      'America/Santiago',
      [
        'On 2027-09-05 clocks in America/Santiago go forward from 00:00 to 01:00: 1 run at times that do not match (09:00).',
      ],
    ],
    [
      'a midnight that is skipped, where days stay the same',
      { cron: '0 0,9 * * SUN' },
      'Asia/Beirut',
      ['On 2027-03-28 clocks in Asia/Beirut go forward from 00:00 to 01:00: 1 run lost (00:00).'],
    ],
    [
      'an hour before midnight that comes twice',
      { cron: '0 * * * *' },
      'Africa/Cairo',
      ['On 2027-10-29 clocks in Africa/Cairo go back from 00:00 to 23:00: 1 run lost (2027-10-28 23:00).'],
    ],
  ];
  it.each(changes)(
    'says which runs a change of clocks costs, repeats or adds: %s',
    (_, timing, timeZone, expected) => {
      const warnings = lintSchedule({ timing: toTiming(timing), timeZone, catchupWindowMs: DAY }, NOW);
      expect(warnings.map(({ message }) => message)).toEqual(expected);
    },
  );
});
