import { jobs } from '../../contracts/catalogue.ts';
import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { beforeAll, describe, expect, it } from 'vitest';
import { NotesCheck } from '../../packages/durable-jobs/src/jobs/list/failing-jobs.ts';
import type { JobPage } from '../../packages/durable-jobs/src/jobs/list/list-jobs.ts';
import type { ListedJob } from '../../packages/durable-jobs/src/jobs/list/listed-job.ts';
import type { JobView } from '../../packages/durable-jobs/src/jobs/job-view.ts';
import { countFailingJobs } from '../../packages/durable-jobs/src/jobs/run-records/failing-activities.ts';
import { acted, moveToSoon, placeOrder, registerUser } from '../support/job-actions.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { useService } from '../support/service.ts';

const service = useService();
let userId = '';
beforeAll(async () => {
  ({ id: userId } = await registerUser(service));
});

const list = async (query: string): Promise<JobPage> => {
  const answer = await service.request('GET', `/api/jobs?${query}`);
  expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 200 });
  return answer.body as JobPage;
};
const walk = async (query: string): Promise<ListedJob[]> => {
  const found: ListedJob[] = [];
  let cursor = '';
  do {
    const page = await list(`${query}${cursor}`);
    found.push(...page.items);
    cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`;
  } while (cursor !== '');
  return found;
};
const ids = (jobs: readonly ListedJob[]): string[] => jobs.map(({ id }) => id);
const retrying = (): Promise<ListedJob[]> => walk('status=retrying&type=processOrder&limit=1');
const homePart = async (id: string): Promise<string> => {
  const response = await fetch(service.url, { headers: { authorization: 'Bearer local-dev-key' } });
  return new RegExp(`<section id="${id}"(.*?)</section>`, 's').exec(await response.text())?.[1] ?? '';
};
const view = async (id: string): Promise<JobView> =>
  (await service.request('GET', `/api/jobs/${id}`)).body as JobView;

/** The list and the job itself agree, however the job is found. */
async function expectAgreement(jobId: string, ...statuses: string[]): Promise<void> {
  const { status, plannedAttempts } = await view(jobId);
  const businessKey = jobId.slice(jobId.indexOf(':') + 1);
  const [listed] = (await list(`businessKey=${businessKey}`)).items;
  expect(listed).toMatchObject({ id: jobId, status });
  if (status === 'scheduled') {
    const differenceMs = Date.parse(listed?.startsAt ?? '') - Date.parse(plannedAttempts[0] ?? '');
    // Between the two reads, a worker may have begun to wait for it, a moment late.
    expect(Math.abs(differenceMs)).toBeLessThan(60_000);
  }
  for (const asked of ['scheduled', 'running', 'waiting', 'paused', 'retrying']) {
    const found = ids(await walk(`status=${asked}&businessKey=${businessKey}&limit=2`));
    expect(found, asked).toEqual(statuses.includes(asked) ? [jobId] : []);
  }
}

describe('jobs that are retrying', () => {
  it('are found, counted and explained after their first failed attempt, and gone with the next one', async () => {
    await service.fault({ kind: 'status', status: 503, times: 10_000 });
    const placed = await Promise.all(Array.from({ length: 3 }, () => placeOrder(service, userId)));
    for (const { jobId } of placed) await jobWithStatus(service, jobId, 'retrying');

    const found = await eventually(async () => {
      const items = await retrying();
      expect(ids(items).toSorted()).toEqual(placed.map(({ jobId }) => jobId).toSorted());
      return items;
    });
    expect(found[0]).toMatchObject({
      status: 'retrying',
      closedAt: null,
      failure: null,
      lastError: { code: 'PaymentProviderUnavailable' },
    });
    const message = found[0]?.lastError?.message ?? '';
    const withError = (error: Record<string, string>): Promise<ListedJob[]> =>
      walk(new URLSearchParams({ status: 'retrying', limit: '2', ...error }).toString());
    // A job whose next attempt begins meanwhile is in none of them.
    await eventually(async () => {
      const all = ids(found).toSorted();
      const byCode = await withError({ errorCode: 'PaymentProviderUnavailable' });
      const byMessage = await withError({ errorMessage: message.toUpperCase() });
      expect(ids(byCode).toSorted()).toEqual(all);
      expect(ids(byMessage).toSorted()).toEqual(all);
      expect(await withError({ errorCode: 'PaymentFailed' })).toEqual([]);
      expect(await withError({ errorMessage: '%' })).toEqual([]);
      expect(ids(await retrying()).toSorted()).toEqual(all);
    });
    // The engine's list of open runs is a moment behind.
    await eventually(() => expectAgreement(placed[0]?.jobId ?? '', 'retrying', 'running'));
    await eventually(async () => {
      expect(await homePart('health')).toContain('3 jobs are retrying after failed attempts.');
      expect(await homePart('health')).not.toContain('Everything answers');
      const part = await homePart('retrying');
      expect(part).toContain('PaymentProviderUnavailable');
      expect(part).toContain(placed[0]?.jobId);
    });
    expect(await countFailingJobs(service.db)).toEqual(new Map([['processOrder', 3]]));

    // One is cancelled, one is terminated, one succeeds.
    const [canceled, terminated, succeeded] = placed.map(({ jobId }) => jobId) as [string, string, string];
    await service.clearFaults();
    await acted(service, canceled, 'cancel');
    await acted(service, terminated, 'terminate', { reason: 'a test order' });
    await acted(service, succeeded, 'retry');
    await jobWithStatus(service, succeeded, 'completed');
    await jobWithStatus(service, canceled, 'cancelled');
    expect(await retrying()).toEqual([]);
    // No worker sees the end of a job between two attempts: the next check does.
    await new NotesCheck({ ...service, jobs, logger: pino({ level: 'silent' }) }).round(0);
    expect(await countFailingJobs(service.db)).toEqual(new Map());
    await eventually(async () => expect(await homePart('health')).toContain('Everything responds.'));
  });

  it('are recorded by the next check if they are missing, and removed if they no longer fail', async () => {
    await service.fault({ kind: 'status', status: 503, times: 10_000 });
    const { jobId } = await placeOrder(service, userId);
    await jobWithStatus(service, jobId, 'retrying');
    await eventually(async () => expect(ids(await retrying())).toEqual([jobId]));
    const check = new NotesCheck({ ...service, jobs, logger: pino({ level: 'silent' }) });
    // As if the worker was killed, or the database unavailable.
    await service.db.deleteFrom('failingActivities').execute();
    expect(await retrying()).toEqual([]);
    // It finds what the engine lists, which is a moment behind.
    await eventually(async () => {
      await check.round(0);
      expect((await retrying())[0]).toMatchObject({
        id: jobId,
        lastError: { code: 'PaymentProviderUnavailable' },
      });
    });
    await check.round(0);
    expect(ids(await retrying())).toEqual([jobId]);

    const noted = await service.db.selectFrom('failingActivities').selectAll().executeTakeFirstOrThrow();
    await service.clearFaults();
    await acted(service, jobId, 'retry');
    await jobWithStatus(service, jobId, 'completed');
    await eventually(async () => expect(await countFailingJobs(service.db)).toEqual(new Map()));
    // A worker that is late.
    await service.db.insertInto('failingActivities').values(noted).execute();
    expect(await retrying()).toEqual([]);
    await check.round(0);
    expect(await countFailingJobs(service.db)).toEqual(new Map());
  });

  it('are noted by the next check although another run that is noted cannot be read', async () => {
    await service.fault({ kind: 'status', status: 503, times: 10_000 });
    const { jobId } = await placeOrder(service, userId);
    await jobWithStatus(service, jobId, 'retrying');
    await eventually(async () => expect(ids(await retrying())).toEqual([jobId]));
    const unreadable = `process-order:${randomUUID()}`;
    await service.db
      .updateTable('failingActivities')
      .set({ jobId: unreadable, runId: randomUUID() })
      .execute();
    const unreadableHandle = { describe: () => Promise.reject(new Error('its memo cannot be read')) };
    const workflow = Object.create(service.client.workflow, {
      getHandle: {
        value: (id: string, runId: string) =>
          id === unreadable ? unreadableHandle : service.client.workflow.getHandle(id, runId),
      },
    }) as typeof service.client.workflow;
    const client = Object.create(service.client, { workflow: { value: workflow } }) as typeof service.client;
    const check = new NotesCheck({ ...service, jobs, client, logger: pino({ level: 'silent' }) });
    await eventually(async () => {
      await expect(check.round(0)).rejects.toThrow('its memo cannot be read');
      expect(ids(await retrying())).toContain(jobId);
    });
    await service.db.deleteFrom('failingActivities').where('jobId', '=', unreadable).execute();
    await service.clearFaults();
    await acted(service, jobId, 'retry');
    await jobWithStatus(service, jobId, 'completed');
  });

  it('are not those that fail permanently, or are paused', async () => {
    await service.fault({ kind: 'status', status: 503, times: 10_000 });
    const { jobId } = await placeOrder(service, userId);
    await jobWithStatus(service, jobId, 'retrying');
    await acted(service, jobId, 'pause');
    await eventually(() => expectAgreement(jobId, 'paused', 'running'));
    await acted(service, jobId, 'terminate', { reason: 'a test order' });
    await service.clearFaults();
  });
});

describe('a job whose start is moved', () => {
  const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString();

  it('is listed as it shows itself, before its time, after it was moved, paused and resumed, and once it began', async () => {
    const dedupeKey = `moved-${randomUUID()}`;
    const { body } = await service.request('POST', '/api/jobs', {
      type: 'deleteExpired',
      dedupeKey,
      delay: '1h',
    });
    const { jobId } = body as { jobId: string };
    await eventually(() => expectAgreement(jobId, 'scheduled'));

    const later = inMs(7_200_000);
    await acted(service, jobId, 'reschedule', { at: later });
    // Whether or not a worker knows it yet.
    for (let look = 0; look < 3; look++) {
      await expectAgreement(jobId, 'scheduled');
      const [listed] = (await list(`status=scheduled&businessKey=${dedupeKey}`)).items;
      expect(Math.abs(Date.parse(listed?.startsAt ?? '') - Date.parse(later))).toBeLessThan(60_000);
    }
    await acted(service, jobId, 'reschedule', { at: inMs(10_800_000) });
    await eventually(() => expectAgreement(jobId, 'scheduled'));
    await eventually(async () => {
      await acted(service, jobId, 'pause');
    });
    await eventually(() => expectAgreement(jobId, 'paused', 'running'));
    await acted(service, jobId, 'resume');
    await eventually(() => expectAgreement(jobId, 'scheduled'));
    await moveToSoon(service, jobId);
    await jobWithStatus(service, jobId, 'completed');
    await eventually(() => expectAgreement(jobId));
    await new NotesCheck({ ...service, jobs, logger: pino({ level: 'silent' }) }).round(0);
    expect(await service.db.selectFrom('movedStarts').selectAll().execute()).toEqual([]);
  });

  it('neither hides nor repeats a job in a walk over the scheduled ones', async () => {
    const series = `walk-${randomUUID()}`;
    const jobs: string[] = [];
    for (let n = 0; n < 6; n++) {
      const { body } = await service.request('POST', '/api/jobs', {
        type: 'deleteExpired',
        dedupeKey: `${series}-${n}`,
        delay: '1h',
      });
      jobs.push((body as { jobId: string }).jobId);
    }
    const query = `status=scheduled&businessKeyPrefix=${series}`;
    await eventually(async () => expect(await walk(query)).toHaveLength(6));
    await acted(service, jobs[3] ?? '', 'reschedule', { at: inMs(7_200_000) });
    const found: string[] = [];
    let page = await list(`${query}&limit=2`);
    found.push(...ids(page.items));
    // One that was not shown yet is moved during the walk, and one that was shown is moved back.
    await acted(service, jobs[0] ?? '', 'reschedule', { at: inMs(7_200_000) });
    await acted(service, jobs[3] ?? '', 'reschedule', { at: inMs(3_600_000) });
    while (page.nextCursor !== null) {
      page = await list(`${query}&limit=2&cursor=${page.nextCursor}`);
      found.push(...ids(page.items));
    }
    expect(found.toSorted()).toEqual(jobs.toSorted());
    for (const jobId of jobs) await acted(service, jobId, 'cancel');
  });
});
