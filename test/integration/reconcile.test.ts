import { jobs } from '../../contracts/catalogue.ts';
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { pino } from 'pino';
import {
  scheduleDefinition,
  type ScheduleDefinition,
} from '../../packages/durable-jobs/src/schedules/definition.ts';
import {
  createScheduler,
  UnknownScheduleError,
} from '../../packages/durable-jobs/src/schedules/scheduler.ts';
import { loadDefinitions } from '../../schedules/definitions.ts';
import { printPlan } from '../../packages/durable-jobs/src/schedules/print-plan.ts';
import {
  applyChanges,
  isSettled,
  planSchedules,
  type Change,
} from '../../packages/durable-jobs/src/schedules/reconcile.ts';
import { ScheduleBusyError, turnsIn } from '../../packages/durable-jobs/src/schedules/turn.ts';
import { eventually } from '../support/jobs.ts';
import { runCommand } from '../support/run-command.ts';
import { forgetOwnNote } from '../support/older-schedule.ts';
import { pauseWithOtherTool, resumeWithOtherTool } from '../support/other-tool.ts';
import { useService } from '../support/service.ts';

const service = useService({ workers: false });
const logger = pino({ level: 'silent' });
const scheduler = () => createScheduler(service.client, logger);

const define = (id: string, change: object = {}): ScheduleDefinition =>
  scheduleDefinition(jobs).parse({ id, job: 'refreshStatistics', cron: '0 6 * * *', ...change });
const idOf = (change: Change): string => ('id' in change ? change.id : change.definition.id);
/** Without the removal of another test's schedule, which the engine may list for a moment after it was deleted. */
const plan = async (declared: ScheduleDefinition[]): Promise<Change[]> => {
  const ids = [a, b, ...declared.map(({ id }) => id)];
  const changes = await planSchedules(service.client, logger, declared);
  return changes.filter((change) => ids.includes(idOf(change)));
};
const apply = async (declared: ScheduleDefinition[]): Promise<string[]> =>
  applyChanges(service.client, logger, await plan(declared), turnsIn(service.db));
const kinds = (changes: Change[]): string[] => changes.map(({ kind }) => kind);

/** Different ids for each test. What the previous test has left would be removed, so it is removed first, whether or not it is listed yet. */
let a = 'a-none';
let b = 'b-none';
beforeEach(async () => {
  for (const id of [a, b])
    await scheduler()
      .remove(id)
      .catch((error: unknown) => {
        if (!(error instanceof UnknownScheduleError)) throw error;
      });
  [a, b] = [`a-${randomUUID()}`, `b-${randomUUID()}`];
  await eventually(async () => {
    const changes = await planSchedules(service.client, logger, []);
    await applyChanges(service.client, logger, changes, turnsIn(service.db));
    expect(await scheduler().listIds()).toEqual([]);
  });
});

describe('the reconciler', () => {
  it('creates what is missing, and then changes nothing', async () => {
    const declared = [define(a), define(b, { cron: undefined, every: '30m' })];
    expect(kinds(await plan(declared))).toEqual(['create', 'create']);
    await apply(declared);
    expect(isSettled(await plan(declared))).toBe(true);
  });

  it('updates what differs, regardless of who changed it, and keeps the pause and its reason', async () => {
    await apply([define(a, { note: 'old' })]);
    await scheduler().pause(a, 'until the move is over');
    const changed = define(a, { cron: '15 7 * * MON-FRI', timeZone: 'Europe/Berlin', note: 'new' });
    const [change] = await plan([changed]);
    expect(change).toMatchObject({
      kind: 'update',
      differences: [
        { field: 'timing' },
        { field: 'timeZone', from: '"UTC"', to: '"Europe/Berlin"' },
        { field: 'note', from: '"old"', to: '"new"' },
      ],
    });
    await apply([changed]);
    expect(await scheduler().get(a)).toMatchObject({
      paused: true,
      note: 'new',
      stateNote: 'until the move is over',
      timeZone: 'Europe/Berlin',
      timing: { kind: 'cron', cron: '15 7 * * MON-FRI' },
    });
    expect(await plan([changed])).toMatchObject([{ kind: 'unchanged' }]);
    await scheduler().resume(a, null);
    expect((await service.client.schedule.getHandle(a).describe()).state.note).toBe('new');
    expect(isSettled(await plan([changed]))).toBe(true);
  });

  it.each([
    ['an operator', () => scheduler().pause(a, 'the mail server moves'), 'the mail server moves', []],
    ['another tool', () => pauseWithOtherTool(service, a, 'by hand'), 'by hand', []],
    [
      'an earlier release',
      async () => {
        await forgetOwnNote(service, a);
        await pauseWithOtherTool(service, a, 'by hand');
      },
      'by hand',
      ['note'],
    ],
  ])('shows a pause by %s, and never calls it settled', async (_, pause, reason, fields) => {
    const declared = [define(a, { note: 'what it is for' })];
    await apply(declared);
    expect(printPlan(await plan(declared), Date.now())).not.toMatch(/paused/i);
    await pause();
    const changes = await plan(declared);
    expect(changes.flatMap((change) => ('differences' in change ? change.differences : []))).toMatchObject(
      fields.map((field) => ({ field })),
    );
    await applyChanges(service.client, logger, changes, turnsIn(service.db));
    // Applying repairs the note, and leaves the pause to people.
    expect(await scheduler().get(a)).toMatchObject({
      paused: true,
      note: 'what it is for',
      stateNote: reason,
    });
    const left = await plan(declared);
    expect(kinds(left)).toEqual(['unchanged']);
    expect(isSettled(left)).toBe(false);
    const text = printPlan(left, Date.now());
    expect(text).toContain(`\n        paused: ${reason}\n`);
    expect(text).toContain('1 unchanged. Paused: 1.');
  });

  it('changes a schedule that another tool pauses at the same moment, and keeps the pause', async () => {
    await apply([define(a, { note: 'what it is for' })]);
    const changed = define(a, { cron: '15 7 * * *', note: 'what it is for now' });
    const engine = service.client.workflowService;
    const update = engine.updateSchedule.bind(engine);
    const overtaken = vi.spyOn(engine, 'updateSchedule').mockImplementationOnce(async (request) => {
      await pauseWithOtherTool(service, a, 'the mail server moves');
      return update(request);
    });
    await apply([changed]);
    expect(overtaken).toHaveBeenCalledTimes(2);
    overtaken.mockRestore();
    expect(await scheduler().get(a)).toMatchObject({
      paused: true,
      stateNote: 'the mail server moves',
      note: 'what it is for now',
      timing: { cron: '15 7 * * *' },
    });
  });

  it('heals the note of a schedule of an earlier release that another tool has resumed', async () => {
    const declared = [define(a, { note: 'what it is for' })];
    await apply(declared);
    await forgetOwnNote(service, a);
    await pauseWithOtherTool(service, a, 'by hand');
    await resumeWithOtherTool(service, a, 'resumed by hand');
    expect(await plan(declared)).toMatchObject([{ kind: 'update', differences: [{ field: 'note' }] }]);
    await apply(declared);
    expect(isSettled(await plan(declared))).toBe(true);
  });

  it('sees that the same times are written otherwise', async () => {
    await apply([define(a, { cron: '0 6 * * *' })]);
    expect(kinds(await plan([define(a, { cron: undefined, calendar: { hour: 6 } })]))).toEqual(['unchanged']);
  });

  it('removes what is no longer declared, and nothing that belongs to others', async () => {
    await apply([define(a)]);
    await scheduler().create(define(b));
    await eventually(async () => {
      const changes = await plan([]);
      expect(changes).toEqual([{ kind: 'remove', id: a }]);
    });
    await apply([]);
    await eventually(async () => expect(await scheduler().listIds()).toEqual([b]));
    await scheduler().remove(b);
  });

  it('leaves alone a schedule that was made over the API, and says so', async () => {
    await scheduler().create(define(a));
    const changes = await plan([define(a, { cron: '0 7 * * *' })]);
    expect(changes).toEqual([{ kind: 'conflict', id: a, owner: 'the API' }]);
    expect(isSettled(changes)).toBe(false);
    await applyChanges(service.client, logger, changes, turnsIn(service.db));
    expect(await scheduler().get(a)).toMatchObject({ timing: { cron: '0 6 * * *' } });
    await scheduler().remove(a);
  });

  it('leaves alone a schedule that was made over the API after the plan, and says so', async () => {
    const changes = await plan([define(a, { cron: '0 7 * * *' })]);
    await scheduler().create(define(a));
    expect(await applyChanges(service.client, logger, changes, turnsIn(service.db))).toEqual([a]);
    expect(await scheduler().get(a)).toMatchObject({ owner: 'api', timing: { cron: '0 6 * * *' } });
    // Nor is it removed by a plan that knew a declared one.
    expect(
      await applyChanges(service.client, logger, [{ kind: 'remove', id: a }], turnsIn(service.db)),
    ).toEqual([]);
    expect(await scheduler().get(a)).toMatchObject({ owner: 'api' });
    await scheduler().remove(a);
  });

  it('does not repeat what another process has done since the plan', async () => {
    const updatedAt = async (): Promise<Date | undefined> =>
      (await service.client.schedule.getHandle(a).describe()).info.lastUpdatedAt;
    const creation = await plan([define(a)]);
    for (let process = 0; process < 2; process++) {
      await applyChanges(service.client, logger, creation, turnsIn(service.db));
    }
    expect(await updatedAt()).toBeUndefined();

    const update = await plan([define(a, { cron: '0 7 * * *' })]);
    await applyChanges(service.client, logger, update, turnsIn(service.db));
    const first = await updatedAt();
    expect(first).toBeInstanceOf(Date);
    await applyChanges(service.client, logger, update, turnsIn(service.db));
    expect(await updatedAt()).toEqual(first);
  });

  it('may run in many processes at once', async () => {
    const declared = [define(a), define(b)];
    // On a busy machine, the last one may wait longer for its turn than a command does.
    const untilItsTurn = async (): Promise<string[]> => {
      try {
        return await apply(declared);
      } catch (error) {
        if (error instanceof ScheduleBusyError) return untilItsTurn();
        throw error;
      }
    };
    await Promise.all(Array.from({ length: 8 }, untilItsTurn));
    expect(isSettled(await plan(declared))).toBe(true);
    await eventually(async () => expect(await scheduler().listIds()).toEqual([a, b].sort()));
  });
});

describe('the command', () => {
  it('exits with 1 from check alone while a declared schedule is paused, and keeps the pause', async () => {
    await apply(loadDefinitions('UTC'));
    await scheduler().pause('daily-report', 'the printer is broken');
    const commands = ['plan', 'check', 'apply'].map(async (name) => {
      const { code, out } = await runCommand(service, 'schedules/main.ts', [name], { TIME_ZONE: 'UTC' });
      expect(out).toContain('\n        paused: the printer is broken\n');
      return { [name]: code };
    });
    expect(await Promise.all(commands)).toEqual([{ plan: 0 }, { check: 1 }, { apply: 0 }]);
    expect(await scheduler().get('daily-report')).toMatchObject({ paused: true });
    await scheduler().resume('daily-report', null);
  });
});

describe('the declared schedules', () => {
  it.each(['UTC', 'Europe/Berlin', 'America/New_York'])('are accepted by the server, in %s', async (zone) => {
    const declared = loadDefinitions(zone);
    await apply(declared);
    expect(isSettled(await plan(declared))).toBe(true);
    const text = printPlan(await plan(declared), Date.parse('2026-11-23T00:00:00Z'));
    expect(text).toContain(`Plan: 0 to create, 0 to update, 0 to remove, ${declared.length} unchanged.`);
    expect(text.includes('clocks in Europe/Berlin go forward from 02:00 to 03:00: 1 run lost (02:00)')).toBe(
      zone === 'Europe/Berlin',
    );
  });

  it('can be paused and triggered over REST, and not be changed or deleted', async () => {
    await apply(loadDefinitions('UTC'));
    const path = '/api/schedules/refresh-cache';
    const refused = { status: 409, body: { code: 'schedule_declared' } };
    expect(await service.request('PATCH', path, { every: '1h' })).toMatchObject(refused);
    expect(await service.request('DELETE', path)).toMatchObject(refused);
    expect(await service.request('POST', `${path}/pause`)).toMatchObject({ body: { paused: true } });
    expect(await service.request('POST', `${path}/resume`)).toMatchObject({ body: { paused: false } });
    // Whatever the schedule has started by itself in the meantime.
    const overlap = { overlap: 'allow_all' };
    expect((await service.request('POST', `${path}/trigger`, overlap)).status).toBe(202);
  });
});
