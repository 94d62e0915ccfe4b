import { jobs } from '../../contracts/catalogue.ts';
import { randomUUID } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { pino } from 'pino';
import { scheduleDefinition } from '../../packages/durable-jobs/src/schedules/definition.ts';
import { createScheduler } from '../../packages/durable-jobs/src/schedules/scheduler.ts';
import { toTiming } from '../../packages/durable-jobs/src/schedules/timing.ts';
import { differences, toOptions } from '../../packages/durable-jobs/src/schedules/temporal.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { forgetOwnNote } from '../support/older-schedule.ts';
import { pauseWithOtherTool, resumeWithOtherTool } from '../support/other-tool.ts';
import { useService, type Answer, type Service } from '../support/service.ts';

/** The fields of a schedule that the tests read. */
interface ScheduleBody {
  id: string;
  paused: boolean;
  note: string;
  stateNote: string | null;
  nextRuns: { utc: string; local: string }[];
  recentRuns: { jobId: string; scheduledAt: string; outcome: string }[];
  counts: { started: number; skippedForOverlap: number };
  warnings: { code: string }[];
}

const newScheduleId = (): string => `test-${randomUUID()}`;
const daily = (change: object = {}) => ({
  id: newScheduleId(),
  job: 'refreshStatistics',
  cron: '30 3 * * *',
  ...change,
});

async function create(service: Service, change: object = {}): Promise<ScheduleBody> {
  const { status, body } = await service.request('POST', '/api/schedules', daily(change));
  expect(body).toMatchObject({ paused: false });
  expect(status).toBe(201);
  return body as ScheduleBody;
}

const at = (id: string, rest = ''): string => `/api/schedules/${id}${rest}`;
const read = async (service: Service, id: string): Promise<ScheduleBody> =>
  (await service.request('GET', at(id))).body as ScheduleBody;

describe('a schedule over REST', () => {
  const service = useService();

  /** Lets something happen right before the engine gets the next update of a schedule, which therefore drops it. */
  function overtake(by: () => Promise<void>) {
    const engine = service.client.workflowService;
    const update = engine.updateSchedule.bind(engine);
    return vi.spyOn(engine, 'updateSchedule').mockImplementationOnce(async (request) => {
      await by();
      return update(request);
    });
  }

  it('starts its job when it is triggered, and shows the run with its outcome', async () => {
    const { id, nextRuns } = await create(service, { timeZone: 'Europe/Berlin', note: 'for the tests' });
    expect(nextRuns).toHaveLength(10);
    expect(nextRuns[0]?.local).toMatch(/T03:30:00\+0[12]:00$/);
    expect((await service.request('POST', at(id, '/trigger'))).status).toBe(202);
    const jobId = await eventually(async () => {
      const [newest] = (await read(service, id)).recentRuns;
      expect(newest).toMatchObject({ outcome: 'completed' });
      return newest?.jobId ?? '';
    });
    expect(jobId).toMatch(new RegExp(`^refresh-statistics:${id}-\\d{4}-`));
    expect(await jobWithStatus(service, jobId, 'completed')).toMatchObject({
      type: 'refreshStatistics',
      businessKey: id,
    });
  });

  it('gives its runs priority and fairness, and a change of them is a difference', async () => {
    const urgency = { priority: 2, fairnessKey: 'reports', fairnessWeight: 0.5 };
    const definition = { ...scheduleDefinition(jobs).parse(daily()), urgency };
    await service.client.schedule.create(toOptions(definition, 'api'));
    const stored = await createScheduler(service.client, pino({ level: 'silent' })).get(definition.id);
    expect(differences(definition, stored)).toEqual([]);
    const changed = { ...definition, urgency: { ...urgency, priority: 4 } };
    expect(differences(changed, stored)).toMatchObject([{ field: 'urgency' }]);
    expect((await service.request('POST', at(definition.id, '/trigger'))).status).toBe(202);
    const jobId = await eventually(async () => {
      const [newest] = (await read(service, definition.id)).recentRuns;
      expect(newest?.jobId).toBeTruthy();
      return newest?.jobId ?? '';
    });
    expect((await service.request('GET', `/api/jobs/${jobId}`)).body).toMatchObject({
      priority: 2,
      fairness: { key: 'reports', weight: 0.5 },
    });
  });

  it('takes timings that are too long for the comment in which the engine keeps what was written', async () => {
    const minutes = Array.from({ length: 60 }, (_, minute) => minute).filter((minute) => minute !== 7);
    const cron = `${minutes.join()} 3,4,5,6,7,8 1,2,3,4,5,6 1,2 1`;
    expect(`cron ${cron}`.length).toBeGreaterThan(200);
    const long = await create(service, { cron });
    expect(long).toMatchObject({ calendar: { minute: minutes, hour: [3, 4, 5, 6, 7, 8] } });
    const calendar = { hour: 3, minute: [...minutes], second: [...minutes] };
    expect(await create(service, { cron: undefined, calendar })).toMatchObject({
      calendar: { second: minutes, minute: minutes, hour: [3] },
    });
  });

  it('shows one whose zone Node does not know in UTC, and hides no other', async () => {
    const other = await create(service);
    const definition = scheduleDefinition(jobs).parse(daily());
    // The name in Go's library of the machine's own zone.
    await service.client.schedule.create(toOptions({ ...definition, timeZone: 'Local' }, 'api'));
    const expected = {
      id: definition.id,
      timeZone: 'Local',
      warnings: [expect.objectContaining({ code: 'unknown_time_zone' })],
    };
    const single = await service.request('GET', at(definition.id));
    expect(single).toMatchObject({ status: 200, body: expected });
    expect((single.body as ScheduleBody).nextRuns[0]?.local).toMatch(/\+00:00$/);
    await eventually(async () => {
      const { status, body } = await service.request('GET', '/api/schedules?limit=100');
      expect(status).toBe(200);
      const { items } = body as { items: ScheduleBody[] };
      expect(items).toContainEqual(expect.objectContaining(expected));
      expect(items.map(({ id }) => id)).toContain(other.id);
    });
    expect((await service.request('POST', at(definition.id, '/trigger'))).status).toBe(202);
    const patched = await service.request('PATCH', at(definition.id), { timeZone: 'UTC', cron: '0 4 * * *' });
    expect(patched).toMatchObject({ status: 200, body: { cron: '0 4 * * *', warnings: [] } });
  });

  it('refuses a step that leads past the end of its range, by field', async () => {
    const inCron = await service.request('POST', '/api/schedules/preview', { cron: '*/90 * * * *' });
    expect(inCron).toMatchObject({ status: 400, body: { errors: [{ path: 'cron' }] } });
    const inCalendar = await service.request('POST', '/api/schedules', {
      ...daily(),
      cron: undefined,
      calendar: { hour: { from: 0, to: 23, step: 36 } },
    });
    expect(inCalendar).toMatchObject({ status: 400, body: { errors: [{ path: 'calendar.hour.step' }] } });
  });

  it('can be changed field by field, and other fields are kept', async () => {
    const { id } = await create(service, { jitter: '90s', overlap: 'buffer_one', note: 'before' });
    const changed = await service.request('PATCH', at(id), {
      every: '45m',
      catchupWindow: '12h',
      note: 'after',
    });
    expect(changed).toMatchObject({
      status: 200,
      body: { id, every: '45m', jitter: '90s', overlap: 'buffer_one', catchupWindow: '12h', note: 'after' },
    });
    expect(changed.body).not.toHaveProperty('cron');
    const calendar = { hour: [6, 18], dayOfWeek: { from: 1, to: 5, step: 1 } };
    expect(await service.request('PATCH', at(id), { calendar })).toMatchObject({ body: { calendar } });
  });

  it.each(['what it is for', ''])('keeps its own note over pauses and resumes: "%s"', async (note) => {
    const { id } = await create(service, { note });
    const reason = 'the provider\nmoves house';
    const paused = await service.request('POST', at(id, '/pause'), { note: reason });
    const stateNote = 'the provider moves house';
    expect(paused.body).toMatchObject({ paused: true, note, stateNote, nextRuns: [] });
    expect(await service.request('PATCH', at(id), { cron: '0 5 * * *' })).toMatchObject({
      body: { paused: true, note, stateNote, cron: '0 5 * * *' },
    });
    // What the engine's own tools show.
    const { state } = await service.client.schedule.getHandle(id).describe();
    expect(state.note).toBe(`Paused: ${stateNote}\n${note}`);
    expect(await service.request('POST', at(id, '/resume'))).toMatchObject({
      body: { paused: false, note, stateNote: null },
    });
    await service.request('POST', at(id, '/pause'));
    expect(await read(service, id)).toMatchObject({ note, stateNote: 'over the API' });
    await service.request('POST', at(id, '/resume'), { note: 'it has moved' });
    expect(await read(service, id)).toMatchObject({ paused: false, note, stateNote: 'it has moved' });
  });

  it('keeps its own note if the note and the reason exceed the size of an engine command', async () => {
    const note = 'é'.repeat(1_000);
    const { id } = await create(service, { note });
    const reason = '休'.repeat(1_000);
    expect(await service.request('POST', at(id, '/pause'), { note: reason })).toMatchObject({ status: 200 });
    await eventually(async () => {
      expect(await read(service, id)).toMatchObject({ paused: true, note, stateNote: reason, nextRuns: [] });
    });
    expect(await service.request('POST', at(id, '/resume'), { note: reason })).toMatchObject({ status: 200 });
    await eventually(async () => {
      expect(await read(service, id)).toMatchObject({ paused: false, note, stateNote: reason });
    });
    expect((await read(service, id)).nextRuns).toHaveLength(10);
  });

  it.each(['pause', 'resume'] as const)(
    'takes a reason of any length to %s while another tool pauses it',
    async (action) => {
      const note = 'what it is for';
      const { id } = await create(service, { note });
      const reason = '休'.repeat(1_000);
      const scheduler = createScheduler(service.client, pino({ level: 'silent' }));
      const described = vi.spyOn(service.client.workflowService, 'describeSchedule');
      const readsBefore: number[] = [];
      const overtaken = overtake(async () => {
        readsBefore.push(described.mock.calls.length);
        await pauseWithOtherTool(service, id, 'by hand');
      });
      await scheduler[action](id, reason);
      expect(readsBefore).toEqual([1]);
      expect(overtaken).toHaveBeenCalledTimes(2);
      overtaken.mockRestore();
      described.mockRestore();
      expect(await read(service, id)).toMatchObject({ paused: action === 'pause', note, stateNote: reason });
    },
  );

  it.each([
    ['the description of its job', { description: 'Another description.' }, 'api'],
    ['the notation of its time', { timing: toTiming({ calendar: { hour: 3, minute: 30 } }) }, 'api'],
    ['its owner', {}, 'declared'],
  ] as const)('is changed although another update is first: %s', async (_what, change, owner) => {
    const definition = scheduleDefinition(jobs).parse(daily());
    const scheduler = createScheduler(service.client, pino({ level: 'silent' }));
    await scheduler.create(definition);
    const { id } = definition;
    const overtaken = overtake(() => pauseWithOtherTool(service, id, 'by hand'));
    await scheduler.update({ ...definition, ...change }, owner);
    overtaken.mockRestore();
    const stored = await scheduler.get(id);
    expect(stored).toMatchObject({ owner, paused: true, stateNote: 'by hand' });
    expect(stored.timing?.kind).toBe('timing' in change ? 'calendar' : 'cron');
    expect(stored.summary.startsWith('Another description.')).toBe('description' in change);
  });

  it.each(['what it is for', ''])(
    'keeps its own note where other tools pause and resume it: "%s"',
    async (note) => {
      const { id } = await create(service, { note });
      await pauseWithOtherTool(service, id, 'by hand');
      expect(await read(service, id)).toMatchObject({ paused: true, note, stateNote: 'by hand' });
      // The engine's list is a moment behind.
      await eventually(async () => {
        const { body } = await service.request('GET', '/api/schedules?limit=100');
        expect((body as { items: object[] }).items).toContainEqual(expect.objectContaining({ id, note }));
      });
      await resumeWithOtherTool(service, id, 'by hand again');
      expect(await read(service, id)).toMatchObject({ paused: false, note, stateNote: 'by hand again' });
      expect(await service.request('POST', at(id, '/pause'), { note: 'over REST' })).toMatchObject({
        body: { paused: true, note, stateNote: 'over REST' },
      });
      expect(await service.request('POST', at(id, '/resume'))).toMatchObject({
        body: { paused: false, note, stateNote: null },
      });
    },
  );

  it('reads the note of a schedule from before 0.2.0, and keeps it from its next change on', async () => {
    const { id } = await create(service, { note: 'what it is for' });
    await forgetOwnNote(service, id);
    expect(await read(service, id)).toMatchObject({ note: 'what it is for', stateNote: null });
    await service.request('PATCH', at(id), { every: '46m' });
    await pauseWithOtherTool(service, id, 'by hand');
    expect(await read(service, id)).toMatchObject({ note: 'what it is for', stateNote: 'by hand' });
  });

  it("shows the engine's reason if a failed run paused it", async () => {
    const { id } = await create(service, {
      job: 'runDailyReport',
      input: { day: '2999-01-01' },
      pauseOnFailure: true,
      note: 'what it is for',
    });
    await service.request('POST', at(id, '/trigger'), { overlap: 'buffer_all' });
    await eventually(async () =>
      expect(await read(service, id)).toMatchObject({
        paused: true,
        note: 'what it is for',
        stateNote: expect.stringContaining('failure') as string,
      }),
    );
    expect(await service.request('POST', at(id, '/resume'))).toMatchObject({
      body: { paused: false, note: 'what it is for', stateNote: null },
    });
  });

  it('makes up for a span of the past, one run after the other', async () => {
    const { id } = await create(service, { job: 'runDailyReport', cron: '0 2 * * *' });
    const answer = await service.request('POST', at(id, '/backfill'), {
      from: '2026-11-01T00:00:00Z',
      to: '2026-11-03T12:00:00Z',
    });
    expect(answer).toMatchObject({ status: 202, body: { runs: 3 } });
    const { recentRuns } = await eventually(async () => {
      const schedule = await read(service, id);
      expect(schedule.recentRuns.map(({ outcome }) => outcome)).toEqual([
        'completed',
        'completed',
        'completed',
      ]);
      return schedule;
    });
    // Each reports on the day before the one on which it was due.
    const days = await Promise.all(
      recentRuns.map(async ({ jobId }) => (await jobWithStatus(service, jobId, 'completed')).result),
    );
    expect(days.map((result) => (result as { day: string }).day).sort()).toEqual([
      '2026-10-31',
      '2026-11-01',
      '2026-11-02',
    ]);
  });

  it('is gone once it is deleted', async () => {
    const { id } = await create(service);
    expect((await service.request('DELETE', at(id))).status).toBe(204);
    expect(await service.request('GET', at(id))).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect((await service.request('POST', at(id, '/trigger'))).status).toBe(404);
  });

  it('is in the list, page by page', async () => {
    const ids = (await Promise.all([create(service), create(service), create(service)])).map(({ id }) => id);
    await eventually(async () => {
      const seen: string[] = [];
      let query = '?limit=2';
      for (;;) {
        const { body } = await service.request('GET', `/api/schedules${query}`);
        const { items, nextCursor } = body as { items: ScheduleBody[]; nextCursor: string | null };
        expect(items.length).toBeLessThanOrEqual(2);
        seen.push(...items.map((schedule) => schedule.id));
        if (nextCursor === null) break;
        query = `?limit=2&cursor=${nextCursor}`;
      }
      expect(seen).toEqual([...seen].sort());
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen).toEqual(expect.arrayContaining(ids));
    });
  });

  it('cannot take the id of another, or touch one that is not ours', async () => {
    const { id } = await create(service);
    expect(await service.request('POST', '/api/schedules', daily({ id }))).toMatchObject({
      status: 409,
      body: { code: 'schedule_taken' },
    });
    const foreign = newScheduleId();
    await service.client.schedule.create({
      scheduleId: foreign,
      spec: { intervals: [{ every: '1 day' }] },
      action: { type: 'startWorkflow', workflowType: 'somebodyElses', taskQueue: 'somebody-elses' },
    });
    expect((await service.request('GET', at(foreign))).status).toBe(404);
    expect((await service.request('DELETE', at(foreign))).status).toBe(404);
  });

  const wrong: [string, object, string][] = [
    ['an id with capitals', { id: 'Nightly' }, 'id'],
    ['a job that there is not', { job: 'makeCoffee' }, 'job'],
    ['a job that nobody may schedule', { job: 'returnPayment' }, 'job'],
    ['input that the job does not take', { job: 'runDailyReport', input: { day: 'yesterday' } }, 'input.day'],
    ['an unknown field of the input', { input: { force: true } }, 'input.force'],
    ['no time at all', { cron: undefined }, 'cron'],
    ['two timings', { every: '1h' }, 'cron'],
    ['an hour that there is not', { cron: '0 25 * * *' }, 'cron'],
    ['a time zone that there is not', { timeZone: 'Europe/Bielefeld' }, 'timeZone'],
    ['an offset as a time zone', { timeZone: '+01:00' }, 'timeZone'],
    ['an abbreviation as a time zone', { timeZone: 'PST' }, 'timeZone'],
    ["the server's own time zone", { timeZone: 'Local' }, 'timeZone'],
    ['no time zone at all', { timeZone: '' }, 'timeZone'],
    ['a day that never comes', { cron: undefined, calendar: { month: 2, dayOfMonth: 30 } }, 'calendar'],
    ['a catch-up window below the least', { catchupWindow: '5s' }, 'catchupWindow'],
    ['an unknown policy', { overlap: 'never' }, 'overlap'],
    ['an unknown field', { timezone: 'UTC' }, 'timezone'],
  ];
  it.each(wrong)('refuses %s', async (_, change, path) => {
    const answer = await service.request('POST', '/api/schedules', daily(change));
    expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    const { errors } = answer.body as { errors: { path: string }[] };
    expect(errors.map((error) => error.path)).toContain(path);
  });

  it('refuses a backfill of the future, and one of too many runs', async () => {
    const { id } = await create(service, { cron: undefined, every: '1m' });
    const backfill = (from: string, to: string): Promise<Answer> =>
      service.request('POST', at(id, '/backfill'), { from, to });
    expect((await backfill('2026-01-01T00:00:00Z', '2099-01-01T00:00:00Z')).status).toBe(400);
    expect(await backfill('2026-01-01T00:00:00Z', '2026-11-01T00:00:00Z')).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'from' }] },
    });
  });
});

describe('the preview', () => {
  const service = useService({ workers: false });

  it('previews the next runs in local time and UTC with warnings, and creates nothing', async () => {
    const { status, body } = await service.request('POST', '/api/schedules/preview', {
      cron: '30 2 * * *',
      timeZone: 'Europe/Berlin',
      from: '2027-03-27T00:00:00Z',
      count: 2,
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      runs: [
        { utc: '2027-03-27T01:30:00.000Z', local: '2027-03-27T02:30:00+01:00' },
        { utc: '2027-03-29T00:30:00.000Z', local: '2027-03-29T02:30:00+02:00' },
      ],
      warnings: [{ code: 'dst_gap' }],
    });
    expect((await service.request('GET', '/api/schedules')).body).toMatchObject({ items: [] });
  });

  it('reads a time zone in any case, and names it as the engine does', async () => {
    const answer = await service.request('POST', '/api/schedules/preview', {
      cron: '0 2 * * *',
      timeZone: 'europe/paris',
    });
    expect(answer).toMatchObject({ status: 200, body: { timeZone: 'Europe/Paris' } });
  });

  it('says which field is wrong', async () => {
    expect(await service.request('POST', '/api/schedules/preview', { cron: 'daily' })).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'cron' }] },
    });
  });
});

describe('a schedule whose time comes', () => {
  // No worker runs the jobs: each run stays open for the whole test.
  const service = useService({ workers: false });
  const everySecond = { cron: undefined, every: '1s' };

  it('skips a run while the one before has not ended', async () => {
    const { id } = await create(service, everySecond);
    await eventually(async () => {
      const { counts } = await read(service, id);
      expect(counts.skippedForOverlap).toBeGreaterThanOrEqual(2);
      expect(counts.started).toBe(1);
    });
  });

  it('starts them concurrently if it is told to', async () => {
    const { id } = await create(service, { ...everySecond, overlap: 'allow_all' });
    await eventually(async () => {
      const { recentRuns } = await read(service, id);
      expect(recentRuns.filter(({ outcome }) => outcome === 'running').length).toBeGreaterThanOrEqual(2);
    });
  });

  it('does not start anything while it is paused', async () => {
    const { id: paused } = await create(service, { ...everySecond, overlap: 'allow_all' });
    await service.request('POST', at(paused, '/pause'));
    const { id: control } = await create(service, { ...everySecond, overlap: 'allow_all' });
    const controlStarts = (more: number): Promise<void> =>
      eventually(async () =>
        expect((await read(service, control)).counts.started).toBeGreaterThanOrEqual(more),
      );
    // A run that the engine was starting at the pause has been counted by then.
    await controlStarts(2);
    const { counts } = await read(service, paused);
    await controlStarts(4);
    expect((await read(service, paused)).counts.started).toBe(counts.started);
    await service.request('POST', at(paused, '/resume'));
    await eventually(async () =>
      expect((await read(service, paused)).counts.started).toBeGreaterThan(counts.started),
    );
  });
});

describe('the scheduler in code', () => {
  const service = useService({ workers: false });

  it("starts all tasks even if one of them can't start", async () => {
    const logged: unknown[] = [];
    const logger = pino({ level: 'error' }, { write: (line: string) => void logged.push(JSON.parse(line)) });
    const scheduler = createScheduler(service.client, logger);
    const [first, second, third] = [daily(), daily(), daily()].map((input) =>
      scheduleDefinition(jobs).parse(input),
    );
    if (!first || !second || !third) throw new Error('there are three');
    const unknownZone = { ...second, timeZone: 'Europe/Bielefeld' };
    const results = await scheduler.startAll([first, unknownZone, third, first]);
    expect(results.map(({ outcome }) => outcome)).toEqual(['created', 'failed', 'created', 'kept']);
    expect(logged).toMatchObject([{ schedule: second.id, msg: 'a schedule could not be started' }]);
    expect((await scheduler.get(third.id)).nextRuns).toHaveLength(10);
  });
});
