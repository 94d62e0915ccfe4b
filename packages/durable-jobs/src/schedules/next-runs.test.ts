import { describe, expect, it } from 'vitest';
import { nextRuns } from './next-runs.ts';
import { calendarInput, compileCalendar, toTiming, type CalendarInput } from './timing.ts';

const at = (runs: readonly number[]): string[] => runs.map((run) => new Date(run).toISOString());
const runsOf = (timing: Parameters<typeof toTiming>[0], zone: string, after: string, count: number) =>
  at(nextRuns(toTiming(timing), zone, Date.parse(after), count));

describe('the next runs', () => {
  it('keep their local time over both clock changes of Europe', () => {
    expect(runsOf({ cron: '0 9 * * MON' }, 'Europe/Berlin', '2027-03-20T00:00:00Z', 2)).toEqual([
      '2027-03-22T08:00:00.000Z',
      '2027-03-29T07:00:00.000Z',
    ]);
    expect(runsOf({ cron: '0 9 * * MON' }, 'Europe/Berlin', '2027-10-25T10:00:00Z', 1)).toEqual([
      '2027-11-01T08:00:00.000Z',
    ]);
  });

  it('skip a local time that does not exist that day', () => {
    expect(runsOf({ cron: '30 2 * * *' }, 'Europe/Berlin', '2027-03-27T00:00:00Z', 2)).toEqual([
      '2027-03-27T01:30:00.000Z',
      '2027-03-29T00:30:00.000Z',
    ]);
  });

  it('come once or twice if the clocks repeat an hour, as the server has it', () => {
    expect(runsOf({ cron: '30 2 * * *' }, 'Europe/Berlin', '2027-10-30T12:00:00Z', 2)).toEqual([
      '2027-10-31T01:30:00.000Z',
      '2027-11-01T01:30:00.000Z',
    ]);
    expect(runsOf({ cron: '30 1 * * *' }, 'America/New_York', '2027-11-06T12:00:00Z', 3)).toEqual([
      '2027-11-07T05:30:00.000Z',
      '2027-11-07T06:30:00.000Z',
      '2027-11-08T06:30:00.000Z',
    ]);
  });

  it('wait for the leap day, also if it must be a Monday', () => {
    expect(runsOf({ cron: '0 0 29 2 *' }, 'UTC', '2026-01-01T00:00:00Z', 2)).toEqual([
      '2028-02-29T00:00:00.000Z',
      '2032-02-29T00:00:00.000Z',
    ]);
    expect(runsOf({ cron: '0 0 29 2 MON' }, 'UTC', '2026-01-01T00:00:00Z', 2)).toEqual([
      '2044-02-29T00:00:00.000Z',
      '2072-02-29T00:00:00.000Z',
    ]);
  });

  it('end with the year 2100, as in the engine', () => {
    expect(runsOf({ cron: '0 0 31 12 *' }, 'UTC', '2099-01-01T00:00:00Z', 5)).toEqual([
      '2099-12-31T00:00:00.000Z',
      '2100-12-31T00:00:00.000Z',
    ]);
  });

  it('take a Sunday whose midnight is skipped for the Saturday before, in America', () => {
    expect(runsOf({ cron: '0 9 * * SUN' }, 'America/Santiago', '2027-09-01T00:00:00Z', 1)).toEqual([
      '2027-09-12T12:00:00.000Z',
    ]);
    expect(runsOf({ cron: '0 9 * * SAT' }, 'America/Santiago', '2027-09-01T00:00:00Z', 2)).toEqual([
      '2027-09-04T13:00:00.000Z',
      '2027-09-05T12:00:00.000Z',
    ]);
  });

  it('need the day of the month and of the week together', () => {
    expect(runsOf({ cron: '0 0 13 * FRI' }, 'UTC', '2026-11-23T00:00:00Z', 1)).toEqual([
      '2027-08-13T00:00:00.000Z',
    ]);
  });

  it('of an interval are counted from 1970', () => {
    expect(runsOf({ every: 1_800_000 }, 'Europe/Berlin', '2026-11-23T10:00:00Z', 2)).toEqual([
      '2026-11-23T10:30:00.000Z',
      '2026-11-23T11:00:00.000Z',
    ]);
  });

  it('are none if no day matches', () => {
    expect(runsOf({ calendar: { dayOfMonth: 30, month: 2 } }, 'UTC', '2026-01-01T00:00:00Z', 3)).toEqual([]);
  });
});

describe('a calendar', () => {
  const calendars: [string, CalendarInput, object][] = [
    ['is midnight of every day where it says nothing', {}, { hour: [0], minute: [0], second: [0] }],
    ['takes ranges with steps', { minute: { from: 0, to: 59, step: 20 } }, { minute: [0, 20, 40] }],
    ['takes lists in any order', { hour: [17, { from: 8, to: 10, step: 1 }, 9] }, { hour: [8, 9, 10, 17] }],
  ];
  it.each(calendars)('%s', (_, calendar, fields) => {
    expect(compileCalendar(calendar)).toMatchObject(fields);
  });
});

describe('a timing', () => {
  const wrong: [string, Parameters<typeof toTiming>[0], string][] = [
    ['none of the three', {}, 'cron'],
    ['two of the three', { cron: '0 2 * * *', every: 60_000 }, 'cron'],
    ['six fields', { cron: '0 0 2 * * *' }, 'cron'],
    ['an hour that there is not', { cron: '0 25 * * *' }, 'cron'],
    ['an extension of Quartz', { cron: '0 2 L * *' }, 'cron'],
    ['less than a second', { every: 500 }, 'every'],
    ['a step past the end of its range', { cron: '*/90 * * * *' }, 'cron'],
    ['a step past the end of its range, from a value on', { cron: '0 6/36 * * *' }, 'cron'],
    ['a step past the end of the month', { cron: '0 0 */40 * *' }, 'cron'],
    ['a step past the end of the year', { cron: '0 0 1 */13 *' }, 'cron'],
    ['a step past the end of the week', { cron: '0 0 * * */8' }, 'cron'],
    ['a step past the end of a part of the hour', { cron: '0,10-20/30 * * * *' }, 'cron'],
  ];
  it.each(wrong)('cannot be %s', (_, input, field) => {
    expect(() => toTiming(input)).toThrow(expect.objectContaining({ field }) as Error);
  });

  it('suggests a replacement for a step that is too large', () => {
    expect(() => toTiming({ cron: '0 */36 * * *' })).toThrow(
      'must not have a step of 36 in hour, whose range has 24 values: only the first one would match, in each day; write every: "36h", or that value alone',
    );
    const [issue] =
      calendarInput.safeParse({ minute: [5, { from: 0, to: 59, step: 90 }] }).error?.issues ?? [];
    expect(issue?.path).toEqual(['minute', 1, 'step']);
    expect(issue?.message).toContain('write every: "90m"');
    const [backwards] = calendarInput.safeParse({ hour: { from: 9, to: 8 } }).error?.issues ?? [];
    expect(backwards).toMatchObject({ path: ['hour'], message: '`from` must not be above `to`' });
  });

  it('takes a step of a whole range: once an hour, once a day', () => {
    expect(toTiming({ cron: '*/60 */24 * * *' })).toMatchObject({ fields: { minute: [0], hour: [0] } });
  });

  it('takes names and Sunday as 0 and 7', () => {
    expect(toTiming({ cron: '0 9 * JAN-MAR 7' })).toMatchObject({
      fields: { month: [1, 2, 3], dayOfWeek: [0] },
    });
  });
});
