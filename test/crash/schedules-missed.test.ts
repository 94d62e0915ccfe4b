import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { scheduledStartTime } from '../../packages/durable-jobs/src/engine/search-attributes.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { useOwnEngine } from '../support/own-engine.ts';
import { startWorker } from '../support/processes.ts';
import { useService } from '../support/service.ts';

/** Another process takes over within seconds, but not while other tests of this kind keep all cores busy. */
const TAKE_OVER_MS = 180_000;

const engine = useOwnEngine();
const service = useService({ workers: false, temporalAddress: engine.address });

interface ScheduleBody {
  nextRuns: { utc: string }[];
  recentRuns: { jobId: string; scheduledAt: string }[];
  counts: { started: number; missedCatchupWindow: number; lost: number };
}

/** Time to create the schedules and kill the engine, even on a busy machine. */
const AHEAD_MS = 30_000;
/** The shortest window that the server accepts. */
const SHORT_WINDOW_MS = 10_000;

/** Creates a schedule of the daily report with a single run. */
async function scheduleOnce(at: Date, catchupWindow: string): Promise<string> {
  const id = `missed-${randomUUID()}`;
  const answer = await service.request('POST', '/api/schedules', {
    id,
    job: 'runDailyReport',
    calendar: {
      month: at.getUTCMonth() + 1,
      dayOfMonth: at.getUTCDate(),
      hour: at.getUTCHours(),
      minute: at.getUTCMinutes(),
      second: at.getUTCSeconds(),
    },
    catchupWindow,
  });
  expect(answer.status).toBe(201);
  expect((answer.body as ScheduleBody).nextRuns[0]?.utc).toBe(at.toISOString());
  return id;
}

const read = async (id: string): Promise<ScheduleBody> =>
  (await service.request('GET', `/api/schedules/${id}`)).body as ScheduleBody;

const clockPasses = (ms: number): Promise<void> =>
  eventually(() => expect(Date.now()).toBeGreaterThan(ms), 120_000);

it('a run whose time came while the engine was dead is made afterwards, within its catch-up window alone', async () => {
  const due = new Date(Math.ceil((Date.now() + AHEAD_MS) / 1_000) * 1_000);
  const patient = await scheduleOnce(due, '1h');
  const impatient = await scheduleOnce(due, `${SHORT_WINDOW_MS / 1_000}s`);
  const paused = await scheduleOnce(due, '1h');
  await service.request('POST', `/api/schedules/${paused}/pause`);
  await engine.kill();
  expect(Date.now()).toBeLessThan(due.getTime());
  await clockPasses(due.getTime() + SHORT_WINDOW_MS + 1_000);
  await engine.restart();

  const [run] = await eventually(async () => {
    const { recentRuns } = await read(patient);
    expect(recentRuns).toHaveLength(1);
    return recentRuns;
  }, TAKE_OVER_MS);
  expect(new Date(run?.scheduledAt ?? '').toISOString()).toBe(due.toISOString());
  await eventually(async () =>
    expect((await read(impatient)).counts).toMatchObject({ started: 0, missedCatchupWindow: 1, lost: 1 }),
  );
  expect((await read(paused)).counts).toMatchObject({ started: 0, missedCatchupWindow: 0, lost: 0 });

  // The job also uses the time at which it was due: it reports on the day before.
  const worker = await startWorker(service, { TIME_ZONE: 'UTC' });
  const { result } = await jobWithStatus(service, run?.jobId ?? '', 'completed');
  const dayBefore = new Date(due.getTime() - 86_400_000).toISOString().slice(0, 10);
  expect(result).toMatchObject({ day: dayBefore });
  expect((await read(patient)).counts).toMatchObject({ started: 1, missedCatchupWindow: 0 });
  expect(await worker.stop()).toBe(0);
});

const EVERY_MS = 2_000;

/** All runs that a schedule has made, by their scheduled times. */
async function runsOf(scheduleId: string): Promise<{ workflowId: string; atMs: number }[]> {
  const runs: { workflowId: string; atMs: number }[] = [];
  const query = `TemporalScheduledById = '${scheduleId}'`;
  for await (const { workflowId, typedSearchAttributes } of service.client.workflow.list({ query }))
    runs.push({ workflowId, atMs: typedSearchAttributes.get(scheduledStartTime)?.getTime() ?? NaN });
  return runs.toSorted((a, b) => a.atMs - b.atMs);
}

it('each time of a schedule has one run, before, during and after an outage of the engine', async () => {
  const id = `steady-${randomUUID()}`;
  // No worker runs them, so that all stay open.
  const created = await service.request('POST', '/api/schedules', {
    id,
    job: 'refreshStatistics',
    every: `${EVERY_MS / 1_000}s`,
    overlap: 'allow_all',
    catchupWindow: '1h',
  });
  expect(created.status).toBe(201);
  await eventually(async () => expect((await runsOf(id)).length).toBeGreaterThan(2), TAKE_OVER_MS);
  await engine.kill();
  const killedAt = Date.now();
  await clockPasses(killedAt + 5 * EVERY_MS);
  const restartedAt = Date.now();
  await engine.restart();
  await eventually(async () => {
    const last = (await runsOf(id)).at(-1);
    expect(last?.atMs).toBeGreaterThan(restartedAt + EVERY_MS);
  }, TAKE_OVER_MS);

  await eventually(async () => {
    expect((await service.request('POST', `/api/schedules/${id}/pause`)).status).toBe(200);
  }, TAKE_OVER_MS);
  const { runs, times } = await eventually(async () => {
    const found = await runsOf(id);
    const { counts } = await read(id);
    expect(counts).toMatchObject({ started: found.length, missedCatchupWindow: 0, lost: 0 });
    const foundTimes = found.map(({ atMs }) => atMs);
    expect(foundTimes).toEqual(foundTimes.map((_, n) => (foundTimes[0] ?? NaN) + n * EVERY_MS));
    return { runs: found, times: foundTimes };
  });
  expect(times.filter((ms) => ms > killedAt && ms < restartedAt).length).toBeGreaterThan(3);
  expect(runs.map(({ workflowId }) => workflowId)).toEqual(
    times.map((ms) => `refresh-statistics:${id}-${new Date(ms).toISOString().replace('.000', '')}`),
  );
});
