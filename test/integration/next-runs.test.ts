import { randomUUID } from 'node:crypto';
import { msNumberToTs, optionalTsToMs } from '@temporalio/common/lib/time.js';
import { describe, expect, it } from 'vitest';
import { nextRuns } from '../../packages/durable-jobs/src/schedules/next-runs.ts';
import { toOptions } from '../../packages/durable-jobs/src/schedules/temporal.ts';
import { timeZone } from '../../packages/durable-jobs/src/values/time-zone.ts';
import { zoneNames } from '../../packages/durable-jobs/src/values/zone-names.ts';
import { toTiming } from '../../packages/durable-jobs/src/schedules/timing.ts';
import { useService } from '../support/service.ts';

const service = useService({ workers: false });

const definition = {
  description: '',
  taskQueue: 'jobs',
  urgency: { priority: null, fairnessKey: null, fairnessWeight: null },
  job: 'processOrder',
  input: {},
  jitterMs: 0,
  overlap: 'skip',
  catchupWindowMs: 60_000,
  pauseOnFailure: false,
  note: '',
} as const;

/** Times around the coming clock changes, chosen so that the server's ten next runs include them. */
const cases: [string, Parameters<typeof toTiming>[0], string][] = [
  ['Europe, into the hour that is skipped', { cron: '0,30 1-3 28 3 *' }, 'Europe/Berlin'],
  ['Europe, into the hour that comes twice', { cron: '0,30 1-3 31 10 *' }, 'Europe/Berlin'],
  ['Europe, one time in the skipped hour', { cron: '30 2 27-29 3 *' }, 'Europe/Berlin'],
  ['Europe, one time in the repeated hour', { cron: '30 2 24-31 10 SUN' }, 'Europe/Berlin'],
  ['New York, forward', { cron: '15,45 1-3 14 3 *' }, 'America/New_York'],
  ['New York, back', { cron: '0,30 0-2 7 11 *' }, 'America/New_York'],
  ['Cairo, whose midnight is skipped', { cron: '0,30 0-1 24-30 4 FRI' }, 'Africa/Cairo'],
  ['Lord Howe, which changes by half an hour', { cron: '*/15 1-2 4 4 *' }, 'Australia/Lord_Howe'],
  ['the leap day', { cron: '0 0 29 2 *' }, 'UTC'],
  ['a day of the month and of the week', { cron: '0 12 13 * FRI' }, 'Asia/Tokyo'],
  ['a calendar with seconds', { calendar: { hour: 6, minute: 30, second: [15, 45] } }, 'Asia/Kolkata'],
  ['an interval', { every: 25 * 3_600_000 }, 'Europe/Berlin'],
];

describe('the preview agrees with the server on', () => {
  it.each(cases)('%s', async (_, input, timeZone) => {
    const timing = toTiming(input);
    const options = toOptions({ ...definition, id: `preview-${randomUUID()}`, timing, timeZone }, 'api');
    const handle = await service.client.schedule.create({ ...options, state: { paused: true } });
    const { info } = await handle.describe();
    await handle.delete();
    const server = info.nextActionTimes.map((time) => time.toISOString());
    expect(server).toHaveLength(10);
    const ours = nextRuns(timing, timeZone, info.createdAt.getTime(), 10);
    expect(ours.map((time) => new Date(time).toISOString())).toEqual(server);
  });
});

/** Periods around local clock changes of 2027, and what is queried for them. */
const spans: [string, string[], string, [string, string]][] = [
  [
    'Berlin, back',
    ['*/15 * * * *', '0 * * * *', '30 * * * *', '* * * * *', '59 1 * * *', '0 */2 * * *'],
    'Europe/Berlin',
    ['2027-10-30T20:00:00Z', '2027-10-31T08:00:00Z'],
  ],
  [
    'Berlin, forward',
    ['*/15 * * * *', '0 */2 * * *'],
    'Europe/Berlin',
    ['2027-03-27T12:00:00Z', '2027-03-28T12:00:00Z'],
  ],
  [
    'New York, back',
    ['*/15 * * * *', '30 1 * * *'],
    'America/New_York',
    ['2027-11-06T12:00:00Z', '2027-11-07T18:00:00Z'],
  ],
  [
    'Santiago, whose midnight is skipped',
    ['0 9 * * SUN', '0 9 * * SAT', '*/15 * * * SUN', '30 0-3 * * SAT', '0 0 * * *'],
    'America/Santiago',
    ['2027-08-28T00:00:00Z', '2027-09-20T00:00:00Z'],
  ],
  [
    'Santiago, back',
    ['0 * * * SAT', '30 23 * * *'],
    'America/Santiago',
    ['2027-04-02T00:00:00Z', '2027-04-12T00:00:00Z'],
  ],
  [
    'Beirut, whose midnight is skipped',
    ['0 0,9 * * SUN', '0 9 * * SAT'],
    'Asia/Beirut',
    ['2027-03-20T00:00:00Z', '2027-04-06T00:00:00Z'],
  ],
  [
    'Cairo, back',
    ['*/15 * * * *', '0 23 * * THU'],
    'Africa/Cairo',
    ['2027-10-28T00:00:00Z', '2027-10-30T00:00:00Z'],
  ],
  [
    'Lord Howe, back by half an hour',
    ['*/15 * * * *', '0 * * * *'],
    'Australia/Lord_Howe',
    ['2027-04-03T00:00:00Z', '2027-04-04T12:00:00Z'],
  ],
  [
    'Lord Howe, forward by half an hour',
    ['*/15 * * * *'],
    'Australia/Lord_Howe',
    ['2027-10-02T00:00:00Z', '2027-10-03T12:00:00Z'],
  ],
];

describe('the next runs are those of the server over a change of clocks', () => {
  const asked = spans.flatMap(([name, crons, zone, span]) =>
    crons.map((cron) => [name, cron, zone, span] as const),
  );
  it.each(asked)('%s: %s', async (_, cron, timeZone, [from, to]) => {
    const timing = toTiming({ cron });
    const scheduleId = `span-${randomUUID()}`;
    const { spec } = toOptions({ ...definition, id: scheduleId, timing, timeZone }, 'api');
    const action = { type: 'startWorkflow', workflowType: 'refreshStatistics', taskQueue: 'jobs' } as const;
    const handle = await service.client.schedule.create({
      scheduleId,
      spec,
      action,
      state: { paused: true },
    });
    const { startTime } = await service.client.workflowService.listScheduleMatchingTimes({
      namespace: service.client.options.namespace,
      scheduleId,
      startTime: msNumberToTs(Date.parse(from)),
      endTime: msNumberToTs(Date.parse(to)),
    });
    await handle.delete();
    const server = startTime.map((time) => new Date(optionalTsToMs(time) ?? 0).toISOString());
    expect(server.length).toBeGreaterThan(0);
    const ours = nextRuns(timing, timeZone, Date.parse(from), server.length + 1);
    const within = ours.filter((time) => time <= Date.parse(to));
    expect(within.map((time) => new Date(time).toISOString())).toEqual(server);
  });
});

describe('the engine and the API agree on time zones', () => {
  /** Whether the engine accepts a schedule in a time zone. */
  const accepts = async (timezone: string): Promise<boolean> => {
    try {
      const handle = await service.client.schedule.create({
        scheduleId: `zone-${randomUUID()}`,
        spec: { calendars: [{ hour: 2 }], timezone },
        state: { paused: true },
        action: { type: 'startWorkflow', workflowType: 'refreshStatistics', taskQueue: 'jobs' },
      });
      await handle.delete();
      return true;
    } catch (error) {
      // The client's error for gRPC's INVALID_ARGUMENT.
      if (error instanceof TypeError && error.message.startsWith('unknown time zone')) return false;
      throw error;
    }
  };

  it('and their spelling: the engine takes every name that comes out of the check', async () => {
    const refused: string[] = [];
    const names = zoneNames.map((name) => timeZone.parse(name.toLowerCase()));
    for (let at = 0; at < names.length; at += 20) {
      const batch = names.slice(at, at + 20);
      const answers = await Promise.all(batch.map(accepts));
      refused.push(...batch.filter((_, index) => !answers[index]));
    }
    expect(refused).toEqual([]);
  }, 300_000);

  it.each(['PST', 'europe/paris', '+02:00'])('and the engine refuses %s', async (name) => {
    expect(await accepts(name)).toBe(false);
  });
});
