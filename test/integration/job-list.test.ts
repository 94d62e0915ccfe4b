import { processOrder } from '../../contracts/jobs/process-order.ts';
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it, vi, type MockInstance } from 'vitest';
import { jobs } from '../../contracts/catalogue.ts';
import { ListFreshness } from '../../packages/durable-jobs/src/jobs/list/freshness.ts';
import { JobFailures } from '../../packages/durable-jobs/src/jobs/list/job-failures.ts';
import { listJobs, type JobPage } from '../../packages/durable-jobs/src/jobs/list/list-jobs.ts';
import type { ListedJob } from '../../packages/durable-jobs/src/jobs/list/listed-job.ts';
import type { JobLister, ListFilter } from '../../packages/durable-jobs/src/jobs/list/reading.ts';
import { enqueueStart } from '../../packages/durable-jobs/src/jobs/outbox/enqueue.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { useService, type Service } from '../support/service.ts';

const list = async (service: Service, query: Record<string, string | number>): Promise<JobPage> => {
  const parameters = new URLSearchParams(
    Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
  );
  const answer = await service.request('GET', `/api/jobs?${parameters.toString()}`);
  expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 200 });
  return answer.body as JobPage;
};

/** Returns all pages of a list; `between` runs before each page except the first. */
async function walk(
  service: Service,
  query: Record<string, string | number>,
  between: () => Promise<unknown> = () => Promise.resolve(),
): Promise<ListedJob[]> {
  const jobs: ListedJob[] = [];
  let page = await list(service, query);
  jobs.push(...page.items);
  while (page.nextCursor !== null) {
    await between();
    page = await list(service, { ...query, cursor: page.nextCursor });
    jobs.push(...page.items);
  }
  return jobs;
}

const start = async (service: Service, dedupeKey: string, change: object = {}): Promise<string> => {
  const answer = await service.request('POST', '/api/jobs', { type: 'deleteExpired', dedupeKey, ...change });
  expect(answer.status).toBe(202);
  return (answer.body as { jobId: string }).jobId;
};

/** Waits until a job's start was made, which happens in the background. */
const hasRun = (service: Service, jobId: string): Promise<unknown> =>
  eventually(() => service.client.workflow.getHandle(jobId).describe());

/** Waits until the engine's index contains the test's jobs. */
const listed = (service: Service, query: Record<string, string>, count: number): Promise<ListedJob[]> =>
  eventually(async () => {
    const jobs = await walk(service, { limit: 100, ...query });
    expect(jobs).toHaveLength(count);
    return jobs;
  });

describe('the list of jobs', () => {
  const service = useService();
  const series = `s-${randomUUID()}`;
  let declined = '';

  beforeAll(async () => {
    for (let n = 0; n < 7; n++)
      await jobWithStatus(service, await start(service, `${series}.done-${n}`), 'completed');
    for (let n = 0; n < 3; n++)
      await hasRun(service, await start(service, `${series}.later-${n}`, { delay: '1h' }));
    const cancelled = await start(service, `${series}.cancelled`, { delay: '1h' });
    await hasRun(service, cancelled);
    await service.request('DELETE', `/api/jobs/${cancelled}`);
    await jobWithStatus(service, cancelled, 'cancelled');
    const terminated = await start(service, `${series}.terminated`, { delay: '1h' });
    await hasRun(service, terminated);
    await service.client.workflow.getHandle(terminated).terminate('enough');
    await start(service, `${series.toUpperCase()}.upper`);

    const user = { email: `ada-${randomUUID()}@example.com`, name: 'Ada', password: 'correct horse' };
    const { id: userId } = (await service.request('POST', '/api/auth/register', user)).body as { id: string };
    const order = await service.request('POST', '/api/orders', {
      userId,
      currency: 'EUR',
      items: [{ sku: 'tea', quantity: 1, unitAmount: 450 }],
      paymentMethod: 'pm_card_chargeDeclined',
    });
    declined = (order.body as { jobId: string }).jobId;
    await jobWithStatus(service, declined, 'waiting');
    // The engine's index has the ends of runs a moment after their starts.
    for (const [status, count] of Object.entries({ scheduled: 3, terminated: 1, cancelled: 1, completed: 7 }))
      await listed(service, { businessKeyPrefix: series, status }, count);
    await listed(service, { businessKeyPrefix: series }, 12);
  });

  it('has the open ones first, then the ended ones, each with its status, newest first', async () => {
    const jobs = await listed(service, { businessKeyPrefix: series }, 12);
    expect(jobs.map(({ status }) => status)).toEqual([
      ...Array<string>(3).fill('scheduled'),
      'terminated',
      'cancelled',
      ...Array<string>(7).fill('completed'),
    ]);
    const starts = jobs.slice(0, 3).map(({ createdAt }) => createdAt);
    expect(starts).toEqual(starts.toSorted().reverse());
    const ends = jobs.slice(3).map(({ closedAt }) => closedAt);
    expect(ends).toEqual(ends.toSorted().reverse());
    const later = jobs[0];
    expect(later).toMatchObject({
      id: `delete-expired:${series}.later-2`,
      type: 'deleteExpired',
      businessKey: `${series}.later-2`,
      closedAt: null,
      failure: null,
    });
    expect(Date.parse(later?.startsAt ?? '')).toBeGreaterThan(Date.now() + 3_000_000);
    expect(later?.links.ui).toContain(later?.runId);
    expect(await service.request('GET', later?.links.self ?? '')).toMatchObject({ status: 200 });
  });

  it.each(['scheduled', 'completed', 'cancelled', 'terminated'])(
    'finds those that are %s',
    async (status) => {
      const all = await list(service, { businessKeyPrefix: series, limit: 100 });
      const found = await list(service, { businessKeyPrefix: series, status });
      expect(found.items).toEqual(all.items.filter((job) => job.status === status));
      expect(found.items.length).toBeGreaterThan(0);
    },
  );

  it('finds a job by its type and key, and one that waits by either of its statuses', async () => {
    const businessKey = declined.split(':')[1] ?? '';
    const [job, ...others] = await listed(service, { type: 'processOrder', businessKey }, 1);
    expect(others).toEqual([]);
    expect(job).toMatchObject({ id: declined, status: 'waiting', businessKey });
    expect((await list(service, { status: 'waiting', businessKey })).items).toEqual([job]);
    expect((await list(service, { status: 'paused', businessKey })).items).toEqual([]);
    expect((await list(service, { status: 'running', businessKey })).items).toEqual([job]);
    expect((await list(service, { status: 'scheduled', businessKey })).items).toEqual([]);
    expect((await list(service, { type: 'returnPayment', businessKey })).items).toEqual([]);
    expect((await list(service, { businessKey: `${series}.done` })).items).toEqual([]);
  });

  it('distinguishes keys that differ only in case', async () => {
    await listed(service, { businessKeyPrefix: series.toUpperCase() }, 1);
  });

  it('finds jobs that began or ended in a period', async () => {
    const jobs = await listed(service, { businessKeyPrefix: series, status: 'completed' }, 7);
    const [from, to] = [jobs[5]?.closedAt ?? '', jobs[2]?.closedAt ?? ''];
    const ended = await list(service, { businessKeyPrefix: series, closedAfter: from, closedBefore: to });
    expect(ended.items).toEqual(
      jobs.filter(({ closedAt }) => closedAt !== null && closedAt >= from && closedAt < to),
    );
    const since = jobs[1]?.createdAt ?? '';
    const begun = await list(service, {
      businessKeyPrefix: series,
      startedAfter: since,
      status: 'completed',
    });
    expect(begun.items.map(({ id }) => id)).toEqual(
      jobs.filter(({ createdAt }) => createdAt >= since).map(({ id }) => id),
    );
    expect(await walk(service, { startedBefore: '2020-01-01T00:00:00Z' })).toEqual([]);
  });

  it.each([1, 2, 5, 12])('gives each once in pages of %i', async (limit) => {
    const all = await list(service, { businessKeyPrefix: series, limit: 100 });
    expect(all.nextCursor).toBeNull();
    expect(await walk(service, { businessKeyPrefix: series, limit })).toEqual(all.items);
  });

  it('says up to when it is complete', async () => {
    const before = Date.now();
    await eventually(async () => {
      const { asOf } = await list(service, { limit: 1 });
      expect(Date.parse(asOf)).toBeGreaterThanOrEqual(before);
      expect(Date.parse(asOf)).toBeLessThanOrEqual(Date.now());
    });
  });

  it('asks the engine for its index once a page, and for a history once', async () => {
    const { client, db } = service;
    await listed(service, { businessKeyPrefix: series }, 12);
    const listRuns = vi.spyOn(client.workflow, 'list');
    const histories: MockInstance[] = [];
    const original = client.workflow.getHandle.bind(client.workflow);
    const getHandle = vi.spyOn(client.workflow, 'getHandle').mockImplementation(((
      ...named: Parameters<typeof original>
    ) => {
      const handle = original(...named);
      histories.push(vi.spyOn(handle, 'fetchHistory'));
      return handle;
    }) as typeof client.workflow.getHandle);
    try {
      const lister: JobLister = {
        db,
        client,
        jobs,
        uiUrl: '',
        failures: new JobFailures(client),
        freshness: new ListFreshness({ db, client }),
      };
      await Promise.all([lister.freshness.read(), lister.freshness.read(), lister.freshness.read()]);
      expect(listRuns.mock.calls.length).toBeLessThanOrEqual(1);

      const ofPage = { ...lister, freshness: { read: () => Promise.resolve(new Date()) } };
      const pages: [ListFilter, number][] = [
        [{ businessKeyPrefix: series }, 20],
        [{ businessKeyPrefix: series }, 5],
        [{ businessKeyPrefix: series, status: 'completed' }, 5],
      ];
      for (const [filter, limit] of pages) {
        listRuns.mockClear();
        await listJobs(ofPage, filter, { limit, place: undefined });
        expect(listRuns).toHaveBeenCalledTimes(1);
      }

      const businessKey = declined.split(':')[1] ?? '';
      for (let n = 0; n < 3; n++) {
        const { items } = await listJobs(ofPage, { businessKey }, { limit: 5, place: undefined });
        expect(items).toMatchObject([{ id: declined, status: 'waiting' }]);
      }
      expect(histories.flatMap(({ mock }) => mock.calls).length).toBeLessThanOrEqual(1);
    } finally {
      listRuns.mockRestore();
      getHandle.mockRestore();
    }
  });

  const wrong: [string, string, string][] = [
    ['a type that there is not', 'type=makeCoffee', 'type'],
    ['a status that there is not', 'status=stuck', 'status'],
    ['a key with a quote', `businessKey=${encodeURIComponent("' OR '1'='1")}`, 'businessKey'],
    ['a prefix with a backslash', 'businessKeyPrefix=a%5C', 'businessKeyPrefix'],
    ['a time in words', 'startedAfter=yesterday', 'startedAfter'],
    ['an end of what has not ended', 'status=running&closedAfter=2026-01-01T00:00:00Z', 'closedAfter'],
    ['an end of what is retrying', 'status=retrying&closedAfter=2026-01-01T00:00:00Z', 'closedAfter'],
    ['an error of what did not fail', 'status=completed&errorCode=PaymentFailed', 'errorCode'],
    ['an error of what is paused', 'status=paused&errorMessage=503', 'errorMessage'],
    ['a cursor that is none', 'cursor=abc', 'cursor'],
    [
      'a cursor of another list',
      `cursor=${Buffer.from('{"in":"closed","asOf":"x"}').toString('base64url')}`,
      'cursor',
    ],
    ['a limit that is too large', 'limit=1000', 'limit'],
    ['an unknown parameter', 'state=failed', 'state'],
  ];
  it.each(wrong)('refuses %s', async (_, query, path) => {
    const answer = await service.request('GET', `/api/jobs?${query}`);
    expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed', errors: [{ path }] } });
  });
});

describe('a walk over the list while jobs end and others begin', () => {
  const service = useService();
  const series = `s-${randomUUID()}`;

  it('shows each that was there once, whether it was open or had ended', async () => {
    const open: string[] = [];
    for (let n = 0; n < 5; n++) await start(service, `${series}.ended-${n}`);
    for (let n = 0; n < 8; n++) {
      const id = await start(service, `${series}.open-${n}`, { delay: '1h' });
      // Two that are made in the background could begin in either order.
      await hasRun(service, id);
      open.push(id);
    }
    await listed(service, { businessKeyPrefix: series, status: 'completed' }, 5);
    const before = (await listed(service, { businessKeyPrefix: series }, 13)).map(({ id }) => id);

    // The first that was shown, the last that was not, and so on inwards, so that both kinds end during the walk.
    const ending = [7, 0, 6, 1].map((index) => open[index] ?? '');
    let started = 0;
    const walked = await walk(service, { businessKeyPrefix: series, limit: 2 }, async () => {
      const id = ending.shift();
      if (id === undefined) return;
      await service.client.workflow.getHandle(id).terminate();
      await start(service, `${series}.new-${started++}`, { delay: '1h' });
      await listed(service, { businessKeyPrefix: series, status: 'terminated' }, started);
      await listed(service, { businessKeyPrefix: `${series}.new` }, started);
    });
    expect(ending).toEqual([]);
    expect(walked.map(({ id }) => id)).toEqual(before);
  });
});

describe('jobs that failed with an error', () => {
  const service = useService();
  const type = 'processOrder';
  let rejected: string[] = [];

  /** Fails, because the order does not exist. */
  const failingOrder = async (): Promise<string> => {
    const entry = await service.db
      .transaction()
      .execute((trx) => enqueueStart(trx, processOrder, { orderId: randomUUID() }));
    await service.dispatcher.dispatch(entry);
    await jobWithStatus(service, entry.jobId, 'failed');
    return entry.jobId;
  };

  beforeAll(async () => {
    rejected = [await failingOrder(), await failingOrder(), await failingOrder()];
    await listed(service, { type, status: 'failed' }, 3);
  });

  it('are found by its code and by text of its message, page by page', async () => {
    const failed = await list(service, { type, status: 'failed' });
    expect(failed.items.map(({ id }) => id)).toEqual(rejected.toReversed());
    const { code, message } = failed.items[0]?.failure ?? { code: '', message: '' };
    expect(code).not.toBe('');
    for (const query of [
      { type, errorCode: code },
      { type, errorMessage: 'DOES NOT EXIST' },
      { type, errorCode: code, errorMessage: message.slice(0, 8) },
    ]) {
      expect((await list(service, query)).items).toEqual(failed.items);
      expect(await walk(service, { ...query, limit: 1 })).toEqual(failed.items);
    }
    for (const query of [{ errorCode: 'Error' }, { errorMessage: 'no such text' }]) {
      expect(await list(service, query)).toMatchObject({ items: [], nextCursor: null });
    }
  });
});

describe('a job whose start is committed and not made', () => {
  const service = useService({ workers: false });
  const commit = (orderId: string) =>
    service.db.transaction().execute((trx) => enqueueStart(trx, processOrder, { orderId }));

  it('is listed as scheduled, once, before those that the engine has', async () => {
    const ids = Array.from({ length: 5 }, () => randomUUID());
    const made = await commit(ids[0] ?? '');
    await service.dispatcher.dispatch(made);
    for (const id of ids.slice(1)) await commit(id);
    // An entry whose start was made, and not marked yet.
    await service.db.updateTable('outbox').set({ dispatchedAt: null }).where('id', '=', made.id).execute();
    const expected = ids.toReversed().map((id) => `process-order:${id}`);
    await eventually(async () => {
      const jobs = await walk(service, { type: 'processOrder', limit: 2 });
      expect(jobs.map(({ id }) => id)).toEqual(expected);
      expect(jobs.map(({ status }) => status)).toEqual([...Array<string>(4).fill('scheduled'), 'running']);
    });
    const [first] = (await list(service, { status: 'scheduled' })).items;
    expect(first).toMatchObject({ runId: null, businessKey: ids[4], links: { ui: null } });
    expect((await list(service, { status: 'scheduled', businessKey: ids[2] ?? '' })).items).toHaveLength(1);
    expect((await list(service, { status: 'running' })).items).toHaveLength(1);
    expect((await list(service, { status: 'scheduled', businessKeyPrefix: 'x' })).items).toEqual([]);

    // The engine becomes available in the middle of a walk.
    const marked = await walk(service, { type: 'processOrder', limit: 2 }, async () => {
      await service.db.updateTable('outbox').set({ dispatchedAt: new Date() }).execute();
    });
    expect(marked.map(({ id }) => id)).toEqual(expected);
  });
});
