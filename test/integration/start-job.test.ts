import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { JobView } from '../../packages/durable-jobs/src/jobs/job-view.ts';
import { reservePort } from '../../packages/durable-jobs/src/dev/ports.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { startApi } from '../support/processes.ts';
import { relayNow } from '../support/run-job.ts';
import { request, useService, type Answer, type Service } from '../support/service.ts';

const DAY_MS = 86_400_000;
const newKey = (): string => `test-${randomUUID()}`;
const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString();

interface Accepted {
  jobId: string;
  runId: string | null;
  type: string;
  started: boolean | null;
  startAt: string | null;
  warnings: { code: string; message: string }[];
}

/** Starts a job that has nothing to do and ends immediately. */
const post = (service: Service, change: object = {}): Promise<Answer> =>
  service.request('POST', '/api/jobs', { type: 'deleteExpired', dedupeKey: newKey(), ...change });

async function accepted(service: Service, change: object = {}): Promise<Accepted> {
  const answer = await post(service, change);
  expect(answer.status).toBe(202);
  const body = answer.body as Accepted;
  expect(answer.headers.get('location')).toBe(`/api/jobs/${body.jobId}`);
  return body;
}

describe('a job over REST', () => {
  const service = useService();

  it('starts at once', async () => {
    const answer = await service.request('POST', '/api/jobs', { type: 'refreshStatistics' });
    expect(answer).toMatchObject({
      status: 202,
      body: { type: 'refreshStatistics', started: true, runId: null, startAt: null, warnings: [] },
    });
    const { jobId } = answer.body as Accepted;
    expect(jobId).toMatch(/^refresh-statistics:all-[0-9a-f-]{36}$/);
    const done = await jobWithStatus(service, jobId, 'completed');
    expect(done).toMatchObject({
      type: 'refreshStatistics',
      businessKey: jobId.slice('refresh-statistics:'.length),
      starts: [{ startAt: null, outcome: 'started', runId: done.runId }],
    });
  });

  it('is a separate job, whatever other job of its type and input waits or runs', async () => {
    const report = { type: 'runDailyReport', input: { day: '2026-11-20' }, dedupeKey: undefined };
    const later = await accepted(service, { ...report, delay: '300d' });
    const now = await accepted(service, report);
    const tomorrow = await accepted(service, { ...report, delay: '1d' });
    const ids = new Set([later, now, tomorrow].map(({ jobId }) => jobId));
    expect(ids.size).toBe(3);
    for (const jobId of ids) expect(jobId).toMatch(/^run-daily-report:2026-11-20-[0-9a-f-]{36}$/);
    for (const answer of [later, now, tomorrow]) expect(answer.started).toBe(true);
    expect(await jobWithStatus(service, now.jobId, 'completed')).toMatchObject({
      result: { day: '2026-11-20' },
    });
    for (const { jobId, startAt } of [later, tomorrow]) {
      const waiting = await jobWithStatus(service, jobId, 'scheduled');
      expectAbout(waiting.plannedAttempts[0], Date.parse(startAt ?? ''));
      expect((await service.request('DELETE', `/api/jobs/${jobId}`)).status).toBe(202);
      await jobWithStatus(service, jobId, 'cancelled');
    }
  });

  it('has the input that it was given', async () => {
    const { jobId } = await accepted(service, { type: 'runDailyReport', input: { day: '2026-11-01' } });
    expect(await jobWithStatus(service, jobId, 'completed')).toMatchObject({ result: { day: '2026-11-01' } });
  });

  it.each([
    ['a delay', { delay: '2s' }, 2_000],
    ['a delay in milliseconds', { delay: '1500ms' }, 1_500],
  ])('waits for %s, and says until when', async (_, change, delayMs) => {
    const before = Date.now();
    const { jobId, startAt } = await accepted(service, change);
    const planned = Date.parse(startAt ?? '');
    expect(planned).toBeGreaterThanOrEqual(before + delayMs);
    expect(planned).toBeLessThanOrEqual(Date.now() + delayMs);
    await expectPlanned(service, jobId, planned);
    const done = await jobWithStatus(service, jobId, 'completed');
    expect(Date.parse(done.attempts[0]?.startedAt ?? '')).toBeGreaterThanOrEqual(planned - 1_000);
  });

  it('waits for a time, given in any time zone, and starts then', async () => {
    const at = new Date(Date.now() + 3_000);
    const local = `${new Date(at.getTime() + 19_800_000).toISOString().slice(0, -1)}+05:30`;
    const { jobId, startAt } = await accepted(service, { startAt: local });
    expect(startAt).toBe(at.toISOString());
    await expectPlanned(service, jobId, at.getTime());
    const done = await jobWithStatus(service, jobId, 'completed');
    expect(Date.parse(done.attempts[0]?.startedAt ?? '')).toBeGreaterThanOrEqual(at.getTime() - 1_000);
  });

  it('starts at once if its time has just passed', async () => {
    const { jobId } = await accepted(service, { startAt: inMs(-60_000) });
    await jobWithStatus(service, jobId, 'completed');
  });

  it('is cancelled before its time, and never runs', async () => {
    const { jobId } = await accepted(service, { delay: '1h' });
    await jobWithStatus(service, jobId, 'scheduled');
    expect((await service.request('DELETE', `/api/jobs/${jobId}`)).status).toBe(202);
    const job = await jobWithStatus(service, jobId, 'cancelled');
    expect(job.attempts).toEqual([]);
    expect(job.plannedAttempts).toEqual([]);
    expect(await service.request('DELETE', `/api/jobs/${jobId}`)).toMatchObject({
      status: 409,
      body: { code: 'job_closed' },
    });
  });

  it('is made once for a key, and says so to the others with its run and time', async () => {
    const dedupeKey = newKey();
    // For the second response, the same delay would end later: the time of the first one applies.
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => accepted(service, { dedupeKey, delay: '1h' })),
    );
    answers.push(await accepted(service, { dedupeKey, delay: '2h' }));
    const [first] = answers;
    expect(first?.jobId).toBe(`delete-expired:${dedupeKey}`);
    // The engine may know more about a key that is not in the outbox.
    const starters = answers.filter(({ started }) => started === null);
    expect(starters).toHaveLength(1);
    const { runId } = await startedJob(service, first?.jobId ?? '');
    for (const answer of answers) {
      expect(answer.jobId).toBe(first?.jobId);
      expectAbout(answer.startAt ?? undefined, Date.parse(starters[0]?.startAt ?? ''));
    }
    expect(answers.at(-1)).toMatchObject({ started: false });
    expect(await accepted(service, { dedupeKey })).toMatchObject({ started: false, runId });
    expect(await countRuns(service, first?.jobId ?? '')).toBe(1);
  });

  it('is not made again by its key once it has ended', async () => {
    const dedupeKey = newKey();
    const { jobId } = await accepted(service, { dedupeKey });
    const { runId } = await startedJob(service, jobId);
    await jobWithStatus(service, jobId, 'completed');
    expect(await accepted(service, { dedupeKey })).toMatchObject({ jobId, started: false, runId });
    expect(await jobWithStatus(service, jobId, 'completed')).toMatchObject({ runId });
    expect(await countRuns(service, jobId)).toBe(1);
  });

  it('is not made again by a key that the engine alone still knows, and says so', async () => {
    const dedupeKey = newKey();
    const { jobId } = await accepted(service, { dedupeKey, delay: '1h' });
    const { runId } = await startedJob(service, jobId);
    await service.db.deleteFrom('outbox').where('jobId', '=', jobId).execute();

    expect(await accepted(service, { dedupeKey })).toMatchObject({ jobId, started: null });
    await eventually(async () =>
      expect(await jobWithStatus(service, jobId, 'scheduled')).toMatchObject({
        runId,
        starts: [{ outcome: 'exists', runId, startAt: null }],
      }),
    );
    const row = await service.db
      .selectFrom('outbox')
      .selectAll()
      .where('jobId', '=', jobId)
      .executeTakeFirstOrThrow();
    expect(row).toMatchObject({ dispatchedAt: null, outcome: 'exists', runId });
    expect(row.droppedAt).not.toBeNull();
    expect(await relayNow(service)).toBe(0);
  });

  it('keeps the input that its key came with first', async () => {
    const report = { type: 'runDailyReport', dedupeKey: newKey() };
    const { jobId } = await accepted(service, { ...report, input: { day: '2026-11-01' } });
    const other = await accepted(service, { ...report, input: { day: '2026-11-02' } });
    expect(other.jobId).toBe(jobId);
    expect(await jobWithStatus(service, jobId, 'completed')).toMatchObject({ result: { day: '2026-11-01' } });
    expect(await countRuns(service, jobId)).toBe(1);
  });

  it('shares no key with a job of another type', async () => {
    const dedupeKey = newKey();
    const first = await accepted(service, { dedupeKey });
    const second = await accepted(service, { dedupeKey, type: 'refreshStatistics' });
    expect(second.jobId).not.toBe(first.jobId);
    await jobWithStatus(service, second.jobId, 'completed');
  });

  const wrong: [string, object, string][] = [
    ['no type', { type: undefined }, 'type'],
    ['a type that there is not', { type: 'makeCoffee' }, 'type'],
    ['a type by its id', { type: 'delete-expired' }, 'type'],
    ['a type that nobody may start by itself', { type: 'returnPayment', input: { orderId: 'x' } }, 'type'],
    [
      'input that the job does not take',
      { type: 'runDailyReport', input: { day: 'yesterday' } },
      'input.day',
    ],
    ['an unknown field of the input', { input: { force: true } }, 'input.force'],
    ['input that is no object', { input: [1] }, 'input'],
    ['a delay and a time', { delay: '5m', startAt: inMs(DAY_MS) }, 'startAt'],
    ['a time long past', { startAt: '2020-01-01T00:00:00Z' }, 'startAt'],
    ['a time too far ahead', { startAt: inMs(367 * DAY_MS) }, 'startAt'],
    ['a year that nobody will see', { startAt: '9999-12-31T00:00:00Z' }, 'startAt'],
    ['a day that there is not', { startAt: '2027-02-30T00:00:00Z' }, 'startAt'],
    ['a time without a time zone', { startAt: '2027-02-03T04:05:06' }, 'startAt'],
    ['a negative delay', { delay: '-5s' }, 'delay'],
    ['a delay that is too long', { delay: '367d' }, 'delay'],
    ['a delay in words', { delay: 'soon' }, 'delay'],
    ['a delay as a number', { delay: 5 }, 'delay'],
    ['an empty delay', { delay: '' }, 'delay'],
    ['a delay of many digits', { delay: `${'9'.repeat(101)}s` }, 'delay'],
    ['a key with a space', { dedupeKey: 'a b' }, 'dedupeKey'],
    ['a key with a colon', { dedupeKey: 'a:b' }, 'dedupeKey'],
    ['a key that is too long', { dedupeKey: 'x'.repeat(101) }, 'dedupeKey'],
    ['an unknown field', { startsAt: inMs(DAY_MS) }, 'startsAt'],
  ];
  it.each(wrong)('is refused with %s, and nothing is kept', async (_, change, path) => {
    const before = await countEntries(service);
    const answer = await post(service, change);
    expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    const { errors } = answer.body as { errors: { path: string }[] };
    expect(errors.map((error) => error.path)).toEqual([path]);
    expect(await countEntries(service)).toBe(before);
  });
});

describe('a job whose queue no worker polls', () => {
  const service = useService({ workers: false });

  it('is accepted, and its answer says so', async () => {
    // An engine that is slow to report its pollers is not awaited, so it may take another request.
    await eventually(async () => {
      const { jobId, warnings } = await accepted(service);
      expect(warnings).toMatchObject([{ code: 'queue_not_polled' }]);
      expect(warnings[0]?.message).toContain('the queue jobs');
      await jobWithStatus(service, jobId, 'running');
    });
  });
});

describe('a job that is accepted while the engine is unavailable', () => {
  const service = useService();

  it.each([
    ['starts when it is back', {}, 'completed'],
    ['keeps its time', { delay: '1h' }, 'scheduled'],
  ] as const)('%s', async (_, change, status) => {
    const { port, release } = await reservePort();
    const cutOff = await startApi(service, {
      TEMPORAL_ADDRESS: `127.0.0.1:${port}`,
      ENGINE_TIMEOUT: '200ms',
    });
    try {
      const answer = await request(cutOff.url, 'POST', '/api/jobs', {
        type: 'deleteExpired',
        dedupeKey: newKey(),
        ...change,
      });
      expect(answer.status).toBe(202);
      // Whether the engine knows the key from an earlier start is unknown.
      expect(answer.body).toMatchObject({ started: null, runId: null });
      const { jobId, startAt } = answer.body as Accepted;
      const accepted = await jobWithStatus(service, jobId, 'scheduled');
      expect(accepted).toMatchObject({ runId: null, type: 'deleteExpired' });
      if (startAt !== null) expect(accepted.plannedAttempts).toEqual([startAt]);

      await relayNow(service);
      const started = await jobWithStatus(service, jobId, status);
      expect(started.runId).not.toBeNull();
      if (startAt !== null) expectAbout(started.plannedAttempts[0], Date.parse(startAt));
    } finally {
      await cutOff.stop();
      release();
    }
  });
});

/** The engine accepts a delay instead of a time, and only whole seconds. */
function expectAbout(actual: string | undefined, plannedMs: number): void {
  expect(Math.abs(Date.parse(actual ?? '') - plannedMs)).toBeLessThan(60_000);
}

/** Expects a job to show its time, unless that has passed on a busy machine. */
async function expectPlanned(service: Service, jobId: string, plannedMs: number): Promise<void> {
  const { status, plannedAttempts } = (await service.request('GET', `/api/jobs/${jobId}`)).body as JobView;
  if (Date.now() < plannedMs - 1_000) expect(status).toBe('scheduled');
  if (status === 'scheduled') expectAbout(plannedAttempts[0], plannedMs);
}

/** Waits until the start of a job is recorded as made, and returns the job. */
function startedJob(service: Service, jobId: string): Promise<JobView> {
  return eventually(async () => {
    const { body } = await service.request('GET', `/api/jobs/${jobId}`);
    expect(body).toMatchObject({ starts: [{ outcome: 'started' }] });
    return body as JobView;
  });
}

async function countRuns(service: Service, jobId: string): Promise<number> {
  return eventually(async () => {
    const { count } = await service.client.workflow.count(`WorkflowId = '${jobId}'`);
    expect(count).toBeGreaterThan(0);
    return count;
  });
}

async function countEntries(service: Service): Promise<number> {
  return (await service.db.selectFrom('outbox').select('id').execute()).length;
}
