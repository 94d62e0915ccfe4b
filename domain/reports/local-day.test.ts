import { describe, expect, it } from 'vitest';
import { addDays, dayBounds, localDay } from './local-day.ts';

const iso = (day: string, timeZone: string): string[] => {
  const { from, to } = dayBounds(day, timeZone);
  return [from.toISOString(), to.toISOString()];
};
const hours = (day: string, timeZone: string): number => {
  const { from, to } = dayBounds(day, timeZone);
  return (to.getTime() - from.getTime()) / 3_600_000;
};

describe('the bounds of a local day', () => {
  it('are those of UTC in UTC', () => {
    expect(iso('2026-02-28', 'UTC')).toEqual(['2026-02-28T00:00:00.000Z', '2026-03-01T00:00:00.000Z']);
  });

  it('are 23 hours apart where clocks go forward, 25 if they go back', () => {
    expect(iso('2026-03-29', 'Europe/Berlin')).toEqual([
      '2026-03-28T23:00:00.000Z',
      '2026-03-29T22:00:00.000Z',
    ]);
    expect(iso('2026-10-25', 'Europe/Berlin')).toEqual([
      '2026-10-24T22:00:00.000Z',
      '2026-10-25T23:00:00.000Z',
    ]);
    expect(hours('2026-03-08', 'America/New_York')).toBe(23);
    expect(hours('2026-11-01', 'America/New_York')).toBe(25);
  });

  it('begin at 01:00 if clocks skip midnight', () => {
    // In Cairo, clocks go from 24:00 on Thursday to 1:00 on Friday.
    expect(iso('2026-04-24', 'Africa/Cairo')).toEqual([
      '2026-04-23T22:00:00.000Z',
      '2026-04-24T21:00:00.000Z',
    ]);
    expect(hours('2026-04-24', 'Africa/Cairo')).toBe(23);
  });

  it('begin at the first midnight if there are two', () => {
    // In Havana, clocks go from 1:00 back to 0:00: both hours belong to the Sunday.
    expect(iso('2026-11-01', 'America/Havana')).toEqual([
      '2026-11-01T04:00:00.000Z',
      '2026-11-02T05:00:00.000Z',
    ]);
  });

  it('know half hours, a shift of half an hour, and a day that a country left out', () => {
    expect(hours('2026-06-01', 'Asia/Kolkata')).toBe(24);
    expect(hours('2026-10-04', 'Australia/Lord_Howe')).toBe(23.5);
    expect(hours('2011-12-30', 'Pacific/Apia')).toBe(0);
  });

  it.each(['Europe/Berlin', 'America/Havana', 'Africa/Cairo', 'Pacific/Kiritimati', 'Pacific/Pago_Pago'])(
    'leave no gap and no overlap over a year in %s',
    (timeZone) => {
      let day = '2026-01-01';
      let bounds = dayBounds(day, timeZone);
      for (let n = 0; n < 366; n++) {
        expect(localDay(bounds.from, timeZone)).toBe(day);
        expect(localDay(new Date(bounds.to.getTime() - 1), timeZone)).toBe(day);
        day = addDays(day, 1);
        const next = dayBounds(day, timeZone);
        expect(next.from).toEqual(bounds.to);
        bounds = next;
      }
    },
  );

  it('are refused for a zone that does not exist', () => {
    expect(() => dayBounds('2026-01-01', 'Mars/Olympus')).toThrow(RangeError);
  });
});

it('days are counted over months, years and the leap day', () => {
  expect(addDays('2026-03-01', -1)).toBe('2026-02-28');
  expect(addDays('2028-03-01', -1)).toBe('2028-02-29');
  expect(addDays('2026-12-31', 1)).toBe('2027-01-01');
});
