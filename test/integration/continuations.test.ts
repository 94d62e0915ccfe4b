import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { enqueueGroup, startOf } from '../../packages/durable-jobs/src/jobs/enqueue/enqueue-group.ts';
import { enqueue } from '../../packages/durable-jobs/src/jobs/enqueue/enqueue.ts';
import { takeAwaited } from '../../packages/durable-jobs/src/jobs/flow/locate.ts';
import { watchEndsOnce } from '../../packages/durable-jobs/src/jobs/flow/watch-ends.ts';
import { NEVER } from '../../packages/durable-jobs/src/jobs/outbox/never.ts';
import { defineJob } from '../../packages/durable-jobs/src/jobs/run/define-job.ts';
import { PermanentError } from '../../packages/durable-jobs/src/jobs/run/errors.ts';
import { gate, type Gate } from '../support/gate.ts';
import { act } from '../support/job-actions.ts';
import { untilLocksAreAwaited } from '../support/hold-rows.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { relayStarts } from '../support/relay-starts.ts';
import { startDeps } from '../support/start-deps.ts';
import { useService } from '../support/service.ts';
import { watchEnds } from '../support/watch-ends.ts';

/** The jobs that ran, by the names in their inputs, and the gates that hold some of them. */
const ran: string[] = [];
const gates = new Map<string, Gate>();
/** Names of those that fail. */
const failing = new Set<string>();

const work = defineJob({
  type: 'work',
  input: z.strictObject({ name: z.string() }),
  key: ({ name }) => name,
  retry: { delays: [] },
  async run({ name }) {
    await gates.get(name)?.opened;
    if (failing.has(name)) throw new PermanentError('as it is meant to');
    ran.push(name);
  },
});
const summarize = defineJob({
  type: 'summarize',
  input: z.strictObject({ name: z.string(), counts: z.record(z.string(), z.int()) }),
  key: ({ name }) => name,
  run({ name, counts }) {
    ran.push(name);
    return Promise.resolve(counts);
  },
});

const service = useService({ jobs: [work, summarize] });
const deps = startDeps(service, [work, summarize]);

let program: pg.Client;
let other: pg.Client;
beforeAll(async () => {
  program = new pg.Client({ connectionString: service.databaseUrl });
  other = new pg.Client({ connectionString: service.databaseUrl });
  await Promise.all([program.connect(), other.connect()]);
});
afterAll(() => Promise.all([program.end(), other.end()]));
beforeEach(async () => {
  await service.db.deleteFrom('jobGroups').execute();
  await service.db.deleteFrom('outbox').execute();
  ran.length = 0;
});

const newName = () => `n-${randomUUID()}`;
const counted = (name: string): number => ran.filter((one) => one === name).length;
const relay = () => relayStarts(deps);
const watch = () => watchEnds(deps);
const startOfJob = (jobId: string) =>
  service.db
    .selectFrom('outbox')
    .selectAll()
    .where('jobId', '=', jobId)
    .orderBy('id', 'desc')
    .executeTakeFirstOrThrow();
const get = async (path: string): Promise<unknown> => (await service.request('GET', path)).body;

/** Starts a job whose run stays open until its gate is opened. */
async function openJob(name = newName()): Promise<{ jobId: string; name: string }> {
  gates.set(name, gate());
  const { jobId } = await enqueue(program, work, { name });
  await relay();
  return { jobId, name };
}

/** Waits until the engine knows that a job's run has ended. */
const hasEnded = (jobId: string): Promise<void> =>
  eventually(async () => {
    const { status } = await service.client.workflow.getHandle(jobId).describe();
    expect(status.name).not.toBe('RUNNING');
  });

/** Lets a job end. */
async function end(name: string, as: 'completed' | 'failed' = 'completed'): Promise<void> {
  if (as === 'failed') failing.add(name);
  gates.get(name)?.open();
  await hasEnded(`work:${name}`);
  failing.delete(name);
}

async function after(
  job: string,
  when: 'completes' | 'fails' | 'ends' = 'completes',
): Promise<{ jobId: string; name: string }> {
  const name = newName();
  const { jobId } = await enqueue(program, work, { name }, { after: { job, when } });
  return { jobId, name };
}

describe('a job that starts after another', () => {
  it('waits for it, is shown so, and starts once it has completed', async () => {
    const [first, second] = [newName(), newName()];
    gates.set(first, gate());
    await program.query('BEGIN');
    const a = await enqueue(program, work, { name: first });
    const b = await enqueue(program, work, { name: second }, { after: { job: a } });
    await program.query('COMMIT');
    const path = `/api/jobs/${b.jobId}`;
    expect(await watch()).toMatchObject({ settled: 0 });
    expect(await relay()).toMatchObject({ made: 1 });
    expect(await get(path)).toMatchObject({
      status: 'waiting',
      runId: null,
      plannedAttempts: [],
      links: { waitsFor: `/api/jobs/${a.jobId}` },
      starts: [{ outcome: 'held' }],
    });
    expect(await get(`${path}/why`)).toMatchObject({
      code: 'waiting_for_job',
      sentence: `It waits for the job ${a.jobId} to complete.`,
      child: a.jobId,
    });
    expect(await get('/api/jobs?status=waiting&type=refreshStatistics')).toMatchObject({ items: [] });
    expect(await watch()).toMatchObject({ settled: 0 });
    await end(first);
    expect(await watch()).toMatchObject({ settled: 1 });
    expect(await relay()).toMatchObject({ made: 1 });
    await jobWithStatus(service, b.jobId, 'completed');
    expect(ran).toEqual([first, second]);
    expect(await watch()).toMatchObject({ settled: 0 });
  });

  it.each([
    ['completed', 'completes', true],
    ['completed', 'fails', false],
    ['completed', 'ends', true],
    ['failed', 'completes', false],
    ['failed', 'fails', true],
    ['failed', 'ends', true],
    ['terminated', 'completes', false],
    ['terminated', 'fails', false],
    ['terminated', 'ends', true],
    ['cancelled', 'fails', false],
    ['cancelled', 'ends', true],
  ] as const)('that %s, when it %s: %s', async (as, when, starts) => {
    const { jobId, name } = await openJob();
    const next = await after(jobId, when);
    if (as === 'completed' || as === 'failed') await end(name, as);
    else {
      const handle = service.client.workflow.getHandle(jobId);
      await (as === 'terminated' ? handle.terminate('by the test') : handle.cancel());
      gates.get(name)?.open();
      await hasEnded(jobId);
    }
    // A function that ends at the same moment as it is cancelled may complete.
    if (as === 'cancelled' && (await handleStatus(jobId)) !== 'CANCELLED') return;
    expect(await watch()).toMatchObject({ settled: 1 });
    await relay();
    if (starts) {
      await jobWithStatus(service, next.jobId, 'completed');
      return;
    }
    expect(await get(`/api/jobs/${next.jobId}`)).toMatchObject({
      status: 'cancelled',
      failure: {
        code: 'start_skipped',
        message: expect.stringContaining(
          `The job was to start when ${jobId} ${when}, but that job `,
        ) as string,
      },
      starts: [{ outcome: 'skipped' }],
    });
    expect(await get(`/api/jobs/${next.jobId}/why`)).toMatchObject({ code: 'start_skipped' });
    expect(counted(next.name)).toBe(0);
  });

  const handleStatus = async (jobId: string): Promise<string> =>
    (await service.client.workflow.getHandle(jobId).describe()).status.name;

  it('starts if that has ended before, and where it ends while this is being committed', async () => {
    const { jobId, name } = await openJob();
    await program.query('BEGIN');
    const during = await after(jobId);
    await end(name);
    expect(await watch()).toMatchObject({ settled: 0 });
    await program.query('COMMIT');
    const afterwards = await after(jobId);
    expect(await watch()).toMatchObject({ settled: 2 });
    await relay();
    for (const next of [during, afterwards]) await jobWithStatus(service, next.jobId, 'completed');
  });

  it('follows a job that the engine cannot search for, even if its start is no longer kept', async () => {
    const { jobId, name } = await openJob(`O'Hara "?\\ ${newName()}`);
    await service.db.deleteFrom('outbox').where('jobId', '=', jobId).execute();
    const next = await after(jobId);
    expect(await watch()).toMatchObject({ settled: 0 });
    await end(name);
    expect(await watch()).toMatchObject({ settled: 1 });
    await relay();
    await jobWithStatus(service, next.jobId, 'completed');
  });

  it.each(['is withdrawn', 'is dead', 'has expired'])(
    'where the start of that %s, only with any end',
    async (how) => {
      const dedupeKey = newName();
      const jobId = `work:${dedupeKey}`;
      const input = how === 'is dead' ? '{}' : '{"name": "never"}';
      await program.query(
        `SELECT durable_jobs.enqueue('work', $1, dedupe_key => $2, start_at => now() + interval '1 hour',
        expires_at => now() + interval '2 hours')`,
        [input, dedupeKey],
      );
      const [completes, ends] = [await after(jobId), await after(jobId, 'ends')];
      if (how === 'is withdrawn') {
        expect((await service.request('DELETE', `/api/jobs/${jobId}`)).status).toBe(202);
        await service.db
          .updateTable('outbox')
          .set({ nextAttemptAt: new Date(0) })
          .where('jobId', '=', jobId)
          .execute();
      }
      if (how === 'has expired')
        await service.db
          .updateTable('outbox')
          .set({ expiresAt: new Date(Date.now() - 20_000) })
          .where('jobId', '=', jobId)
          .execute();
      await relay();
      expect(await watch()).toMatchObject({ settled: 2 });
      await relay();
      await jobWithStatus(service, ends.jobId, 'completed');
      expect(await startOfJob(completes.jobId)).toMatchObject({
        outcome: 'skipped',
        lastError: `The job was to start when ${jobId} completes, but that job was not started.`,
      });
    },
  );

  it('waits again if a dead start is requeued, also through others that wait for it', async () => {
    const [key, name] = [newName(), newName()];
    const { rows } = await program.query<{ id: string }>(
      `SELECT durable_jobs.enqueue('work', '{}', dedupe_key => $1) AS id`,
      [key],
    );
    const id = Number(rows[0]?.id);
    const second = await after(`work:${key}`);
    const third = await after(second.jobId);
    await relay();
    await watch();
    await watch();
    expect((await startOfJob(third.jobId)).outcome).toBe('skipped');
    await service.db
      .updateTable('outbox')
      .set({ input: JSON.stringify({ name }) })
      .where('id', '=', id)
      .execute();
    expect((await service.request('POST', `/api/dead-starts/${id}/requeue`)).status).toBe(202);
    for (const jobId of [second.jobId, third.jobId]) await jobWithStatus(service, jobId, 'waiting');
    await relay();
    await jobWithStatus(service, `work:${key}`, 'completed');
    for (const next of [second, third]) {
      await watch();
      await relay();
      await jobWithStatus(service, next.jobId, 'completed');
      expect(counted(next.name)).toBe(1);
    }
  });

  it('is held again, and not due, if its dead start is requeued before that has ended', async () => {
    const { jobId, name: awaited } = await openJob();
    const [key, name] = [newName(), newName()];
    await program.query(`SELECT durable_jobs.enqueue('work', '{}', dedupe_key => $1, after_job => $2)`, [
      key,
      jobId,
    ]);
    await watch();
    const dead = await startOfJob(`work:${key}`);
    expect(dead).toMatchObject({ outcome: 'dead', isHeld: true });
    await service.db
      .updateTable('outbox')
      .set({ input: JSON.stringify({ name }) })
      .where('id', '=', dead.id)
      .execute();
    expect((await service.request('POST', `/api/dead-starts/${dead.id}/requeue`)).status).toBe(202);
    expect(await startOfJob(`work:${key}`)).toMatchObject({
      outcome: null,
      isHeld: true,
      nextAttemptAt: NEVER,
    });
    await end(awaited);
    await watch();
    await relay();
    await jobWithStatus(service, `work:${key}`, 'completed');
    expect(counted(name)).toBe(1);
  });

  it('waits again if an operator retries that, and starts once', async () => {
    const { jobId, name } = await openJob();
    const [completes, fails] = [await after(jobId), await after(jobId, 'fails')];
    await end(name, 'failed');
    await watch();
    await relay();
    expect((await startOfJob(completes.jobId)).outcome).toBe('skipped');
    expect((await act(service, jobId, 'retry')).status).toBe(202);
    await jobWithStatus(service, completes.jobId, 'waiting');
    await jobWithStatus(service, jobId, 'completed');
    await watch();
    await relay();
    await jobWithStatus(service, completes.jobId, 'completed');
    await jobWithStatus(service, fails.jobId, 'completed');
    expect([counted(completes.name), counted(fails.name)]).toEqual([1, 1]);
  });

  it('follows a retry that was made before its end was noticed', async () => {
    const { jobId, name } = await openJob();
    const next = await after(jobId);
    await watch();
    await end(name, 'failed');
    await act(service, jobId, 'retry');
    await jobWithStatus(service, jobId, 'completed');
    expect(await watch()).toMatchObject({ settled: 1 });
    await relay();
    await jobWithStatus(service, next.jobId, 'completed');
  });

  it('is cancelled like any other, and starts no more', async () => {
    const { jobId, name } = await openJob();
    const next = await after(jobId);
    expect((await service.request('DELETE', `/api/jobs/${next.jobId}`)).status).toBe(202);
    await end(name);
    await watch();
    await relay();
    expect(await get(`/api/jobs/${next.jobId}`)).toMatchObject({ status: 'cancelled', runId: null });
    expect(counted(next.name)).toBe(0);
  });

  it('expires like any other', async () => {
    const { jobId, name } = await openJob();
    const dedupeKey = newName();
    const options = { after: { job: jobId }, expiresIn: '1h', dedupeKey };
    const next = await enqueue(program, work, { name: newName() }, options);
    await service.db
      .updateTable('outbox')
      .set({ expiresAt: new Date() })
      .where('jobId', '=', next.jobId)
      .execute();
    await watch();
    expect(await startOfJob(next.jobId)).toMatchObject({ outcome: 'expired', isHeld: false });
    await end(name);
    await watch();
    expect(await relay()).toMatchObject({ made: 0 });
  });

  it('starts once, however many processes check it concurrently', async () => {
    const { jobId, name } = await openJob();
    const next = await after(jobId);
    await end(name);
    await watch();
    await service.db
      .updateTable('awaitedJobs')
      .set({ endedAt: null, endedAs: null, nextCheckAt: new Date() })
      .execute();
    await Promise.all([watch(), watch(), watch(), relay(), relay()]);
    await relay();
    await jobWithStatus(service, next.jobId, 'completed');
    expect(counted(next.name)).toBe(1);
  });

  it('starts even if the process that was checking it died', async () => {
    const { jobId, name } = await openJob();
    const next = await after(jobId);
    await end(name);
    // A worker that is just reporting the end holds the row.
    await eventually(async () => expect((await takeAwaited(service.db)).jobs).toHaveLength(1));
    await eventually(async () => expect((await watchEndsOnce(deps)).settled).toBe(1));
    await relay();
    await jobWithStatus(service, next.jobId, 'completed');
  });

  it('is looked at as soon as a worker sees that end', async () => {
    const { jobId, name } = await openJob();
    await after(jobId);
    await service.db
      .updateTable('awaitedJobs')
      .set({ nextCheckAt: new Date(Date.now() + 3_600_000) })
      .execute();
    await end(name);
    await eventually(async () => {
      const { nextCheckAt } = await service.db
        .selectFrom('awaitedJobs')
        .select('nextCheckAt')
        .executeTakeFirstOrThrow();
      expect(nextCheckAt.getTime()).toBeLessThan(Date.now() + 60_000);
    });
  });

  it('waits for a job that has not been started yet', async () => {
    const name = newName();
    const next = await after(`work:${name}`);
    expect(await watch()).toMatchObject({ settled: 0 });
    await service.client.workflow.start('work', {
      workflowId: `work:${name}`,
      taskQueue: 'jobs',
      args: [{ name }],
    });
    await jobWithStatus(service, `work:${name}`, 'completed');
    await eventually(async () => expect((await watch()).settled).toBe(1));
    await relay();
    await jobWithStatus(service, next.jobId, 'completed');
  });

  it('waits for one that the engine cannot search for and that has not been started, without holding up others', async () => {
    const done = newName();
    const { jobId } = await enqueue(program, work, { name: done });
    await relay();
    await jobWithStatus(service, jobId, 'completed');
    const unsearchable = await after(`work:it's ${newName()}`);
    const released = await after(jobId);
    expect(await watch()).toMatchObject({ settled: 1 });
    expect(await startOfJob(released.jobId)).toMatchObject({ isHeld: false });
    expect(await startOfJob(unsearchable.jobId)).toMatchObject({ isHeld: true, outcome: null });
  });

  it('is not held up by others that wait for open runs', async () => {
    const opened = await Promise.all(Array.from({ length: 12 }, () => openJob()));
    for (const { jobId } of opened) await after(jobId);
    const [first] = opened;
    await end(first?.name ?? '');
    const begun = performance.now();
    expect(await watch()).toMatchObject({ settled: 1 });
    // The engine keeps a call that waits for an end for 20 s.
    expect(performance.now() - begun).toBeLessThan(20_000);
    for (const { name } of opened) gates.get(name)?.open();
  });

  it('by SQL follows the start that it names', async () => {
    const [first, second] = [newName(), newName()];
    const { rows } = await program.query<{ id: string }>(
      `SELECT durable_jobs.enqueue('work', jsonb_build_object('name', $2::text), after_when => 'ends', after_start =>
        durable_jobs.enqueue('work', jsonb_build_object('name', $1::text))) AS id`,
      [first, second],
    );
    expect(rows).toHaveLength(1);
    await relay();
    await jobWithStatus(service, `work:${first}`, 'completed');
    await watch();
    await relay();
    await jobWithStatus(service, `work:${second}`, 'completed');
  });

  it.each([
    [`after_when => 'done', after_job => 'work:1'`, 'after_when must be completes, fails or ends'],
    [`after_start => 1, after_job => 'work:1'`, 'give after_job or after_start, not both'],
    [`after_start => 999999999`, 'the start 999999999 does not exist'],
  ])('by SQL is refused with %s', async (args, message) => {
    await expect(program.query(`SELECT durable_jobs.enqueue('work', ${args})`)).rejects.toMatchObject({
      code: '22023',
      message,
    });
  });

  it('over REST says after which', async () => {
    const type = 'refreshStatistics';
    const answer = await service.request('POST', '/api/jobs', { type, after: { job: 'nothing:1' } });
    expect(answer).toMatchObject({ status: 400 });
    const first = await service.request('POST', '/api/jobs', { type, delay: '1h' });
    const { jobId: known } = first.body as { jobId: string };
    const next = await service.request('POST', '/api/jobs', { type, after: { job: known, when: 'ends' } });
    expect(next).toMatchObject({ status: 202, body: { started: true, runId: null } });
    const { jobId: held } = next.body as { jobId: string };
    expect(await get(`/api/jobs/${held}/why`)).toMatchObject({
      code: 'waiting_for_job',
      sentence: `It waits for the job ${known} to end.`,
    });
    // Its start is made in the background; before that, it would be withdrawn.
    await eventually(() => service.client.workflow.getHandle(known).describe());
    expect((await service.request('DELETE', `/api/jobs/${known}`)).status).toBe(202);
    await hasEnded(known);
    await watch();
    await relay();
    await jobWithStatus(service, held, 'completed');
  });
});

describe('a group of jobs', () => {
  it('is completed once, when all of its jobs have ended, and reports how they did', async () => {
    const names = [newName(), newName(), newName()];
    for (const name of names) gates.set(name, gate());
    const [name, key] = [newName(), newName()];
    const group = await enqueueGroup(
      program,
      [
        ...names.map((one) => startOf(work, { name: one })),
        startOf(work, { name: newName() }, { after: { job: `work:${names[1]}` } }),
      ],
      { groupId: key, onCompletion: { job: summarize, input: { name, counts: {} }, countsAs: 'counts' } },
    );
    expect(group).toMatchObject({ groupId: key, completionJobId: `summarize:${name}` });
    await relay();
    await watch();
    expect(await get(`/api/groups/${key}?limit=3`)).toMatchObject({
      state: 'running',
      counts: { total: 4, pending: 4 },
      completion: { type: 'summarize', jobId: `summarize:${name}` },
      jobs: { items: names.map((one) => ({ jobId: `work:${one}`, end: null })) },
    });
    expect(await get(`/api/jobs/${group.completionJobId}/why`)).toMatchObject({
      code: 'waiting_for_group',
      sentence: `It waits for the jobs of the group ${key} to end.`,
    });
    await end(names[0] ?? '');
    await end(names[1] ?? '', 'failed');
    await watch();
    await watch();
    expect(await get(`/api/groups/${key}`)).toMatchObject({
      state: 'running',
      counts: { pending: 1, completed: 1, failed: 1, notStarted: 1 },
    });
    await end(names[2] ?? '');
    await Promise.all([watch(), watch()]);
    await relay();
    const counts = {
      total: 4,
      completed: 2,
      failed: 1,
      cancelled: 0,
      terminated: 0,
      notStarted: 1,
      unknown: 0,
    };
    expect(await jobWithStatus(service, group.completionJobId, 'completed')).toMatchObject({
      result: counts,
    });
    expect(counted(name)).toBe(1);
    expect(await get(`/api/groups/${key}`)).toMatchObject({
      state: 'completed',
      counts: { ...counts, pending: 0 },
    });
    await watch();
    expect(await relay()).toMatchObject({ made: 0 });
  });

  it('may be gathered by SQL, from several transactions, and takes no more jobs then', async () => {
    const [key, name] = [newName(), newName()];
    const add = (client: pg.Client) =>
      client.query(
        `SELECT durable_jobs.enqueue('work', jsonb_build_object('name', $1::text), group_id => $2)`,
        [newName(), key],
      );
    await add(program);
    await other.query('BEGIN');
    await add(other);
    const closing = program.query(
      `SELECT durable_jobs.complete_group($1, 'summarize', jsonb_build_object('name', $2::text), counts_as => 'counts')`,
      [key, name],
    );
    await untilLocksAreAwaited(service.db, 1);
    await other.query('COMMIT');
    await closing;
    await expect(add(program)).rejects.toMatchObject({ code: '55000' });
    await eventually(async () => {
      await relay();
      await watch();
      expect(counted(name)).toBe(1);
    });
    expect(await jobWithStatus(service, `summarize:${name}`, 'completed')).toMatchObject({
      result: { total: 2, completed: 2 },
    });
  });

  it('completes at once if it is empty, and does not exist after a rollback', async () => {
    const name = newName();
    const onCompletion = { job: work, input: { name } };
    await enqueueGroup(program, [], { onCompletion });
    await watch();
    await relay();
    await jobWithStatus(service, `work:${name}`, 'completed');
    await program.query('BEGIN');
    const { groupId } = await enqueueGroup(program, [startOf(work, { name: newName() })], {
      onCompletion: { job: work, input: { name: newName() } },
    });
    await program.query('ROLLBACK');
    expect((await service.request('GET', `/api/groups/${groupId}`)).status).toBe(404);
  });

  it('of 1,000 jobs is committed and looked at in few statements', async () => {
    const names = Array.from({ length: 1_000 }, newName);
    const dedupeKey = newName();
    const { groupId } = await enqueueGroup(
      program,
      names.map((one) => startOf(work, { name: one }, { delay: '1h' })),
      { onCompletion: { job: work, input: { name: dedupeKey } } },
    );
    await service.db
      .updateTable('outbox')
      .set({ withdrawnAt: new Date(), droppedAt: new Date(), outcome: 'withdrawn' })
      .where('isHeld', '=', false)
      .execute();
    let settled = 0;
    while (settled < 1_001) settled += (await watch()).settled;
    expect(await get(`/api/groups/${groupId}`)).toMatchObject({
      state: 'completed',
      counts: { total: 1_000, notStarted: 1_000 },
    });
  });
});
