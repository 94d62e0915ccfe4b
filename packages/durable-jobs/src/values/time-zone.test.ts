import { describe, expect, it } from 'vitest';
import { timeZone } from './time-zone.ts';
import { zoneNames } from './zone-names.ts';

describe('a time zone', () => {
  it.each([
    ['europe/paris', 'Europe/Paris'],
    ['EUROPE/BERLIN', 'Europe/Berlin'],
    ['us/eastern', 'US/Eastern'],
    ['Asia/Calcutta', 'Asia/Calcutta'],
    ['asia/kolkata', 'Asia/Kolkata'],
    ['etc/gmt+5', 'Etc/GMT+5'],
    ['est5edt', 'EST5EDT'],
    ['utc', 'UTC'],
    ['america/port-au-prince', 'America/Port-au-Prince'],
  ])('%s is %s', (given, spelled) => {
    expect(timeZone.parse(given)).toBe(spelled);
  });

  it.each([
    '',
    'PST',
    'IST',
    'ACT',
    'Local',
    'Factory',
    '+02:00',
    'UTC+2',
    'Europe/Bielefeld',
    'posix/UTC',
    ' UTC',
    '../UTC',
  ])('%j is refused', (given) => {
    expect(timeZone.safeParse(given).error?.issues[0]?.message).toBe(
      'must be an IANA time zone such as Europe/Berlin',
    );
  });

  it('has every name that Node has for a place', () => {
    for (const name of [...Intl.supportedValuesOf('timeZone'), ...zoneNames]) {
      expect(timeZone.parse(name)).toBe(name);
    }
  });
});
