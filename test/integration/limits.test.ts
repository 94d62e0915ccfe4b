import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { jobs as shopJobs } from '../../contracts/catalogue.ts';
import { jobRules } from '../../domain/job-rules.ts';
import { LOCAL_API_KEY } from '../../packages/durable-jobs/src/config/config.ts';
import { createContinuations } from '../../packages/durable-jobs/src/hosted-services/continuations.ts';
import { wakeAwaiting } from '../../packages/durable-jobs/src/jobs/flow/wake.ts';
import { deleteOldEntries } from '../../packages/durable-jobs/src/jobs/expired-rows.ts';
import { watchEndsOnce } from '../../packages/durable-jobs/src/jobs/flow/watch-ends.ts';
import { enqueue } from '../../packages/durable-jobs/src/jobs/enqueue/enqueue.ts';
import type { EnqueueOptions } from '../../packages/durable-jobs/src/jobs/enqueue/start-options.ts';
import { defineWorkflow, type JobDefinition } from '../../packages/durable-jobs/src/jobs/job-definition.ts';
import type { JobView } from '../../packages/durable-jobs/src/jobs/job-view.ts';
import { giveBackSlots, noteTry } from '../../packages/durable-jobs/src/jobs/limits/admit.ts';
import { admitEntries } from '../../packages/durable-jobs/src/jobs/limits/admit-entries.ts';
import { LimitTurns } from '../../packages/durable-jobs/src/jobs/limits/give-turns.ts';
import { meetLimitsOnce } from '../../packages/durable-jobs/src/jobs/limits/meet-limits.ts';
import { releaseSlots } from '../../packages/durable-jobs/src/jobs/limits/release-slots.ts';
import { KeptStarts } from '../../packages/durable-jobs/src/jobs/limits/settle-kept.ts';
import { createDispatcher } from '../../packages/durable-jobs/src/jobs/outbox/dispatcher.ts';
import { enqueueStart, leaveToRelay } from '../../packages/durable-jobs/src/jobs/outbox/enqueue.ts';
import { NEVER } from '../../packages/durable-jobs/src/jobs/outbox/never.ts';
import { relayOnce } from '../../packages/durable-jobs/src/jobs/outbox/relay.ts';
import { createJobRegistry } from '../../packages/durable-jobs/src/jobs/registry.ts';
import { defineJob } from '../../packages/durable-jobs/src/jobs/run/define-job.ts';
import { ActionRefusedError } from '../../packages/durable-jobs/src/jobs/act/refusal.ts';
import { PermanentError } from '../../packages/durable-jobs/src/jobs/run/errors.ts';
import { gate, type Gate } from '../support/gate.ts';
import { act, moveToSoon } from '../support/job-actions.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { startDeps } from '../support/start-deps.ts';
import { request, useService } from '../support/service.ts';

/** For several runs that are made one after the other. */
const PATIENCE_OF_MANY_MS = 150_000;
/** The time limit of a test that waits for several conditions, each with its own patience. */
const SLOW_MS = 400_000;

const { CommandType } = proto.temporal.api.enums.v1;

/** The gates that hold runs open, by the names in their inputs. */
const gates = new Map<string, Gate>();
/** Names of those that fail. */
const failing = new Set<string>();
/** The names that ran, in the order of their starts, with the number of runs of their key that were open then. */
const ran: { name: string; open: number }[] = [];
const open = new Map<string, number>();

const input = z.strictObject({ name: z.string(), tenant: z.string() });

/** A job for each name, whose runs work until their gates are opened. */
const working = {
  input,
  key: ({ name }: z.infer<typeof input>) => name,
  retry: { delays: [] },
  run: ({ name, tenant }: z.infer<typeof input>) => work(name, tenant),
};
const exportInvoices = defineJob({
  type: 'exportInvoices',
  ...working,
  concurrency: { limit: 3, key: ({ tenant }) => tenant },
});
const syncTenant = defineJob({
  type: 'syncTenant',
  ...working,
  concurrency: { limit: 1, key: ({ tenant }) => tenant },
});
const callApi = defineJob({
  type: 'callApi',
  input,
  key: ({ name }) => name,
  throttle: { limit: 2, period: '1h', key: ({ tenant }) => tenant },
  run: () => Promise.resolve(),
});
const pollApi = defineJob({
  type: 'pollApi',
  input,
  key: ({ name }) => name,
  throttle: { limit: 3, period: '5s', key: ({ tenant }) => tenant },
  run: () => Promise.resolve(),
});
/** Tenants share a throttle with others of the same region, which is the part of their name before a slash. */
const meterTenant = defineJob({
  type: 'meterTenant',
  input,
  key: ({ name }) => name,
  concurrency: { limit: 1, key: ({ tenant }) => tenant },
  throttle: { limit: 2, period: '1h', key: ({ tenant }) => tenant.split('/')[0] ?? '' },
  run: () => Promise.resolve(),
});
const reindexTenant = defineJob({
  type: 'reindexTenant',
  ...working,
  debounce: { period: '1h', key: ({ tenant }) => tenant, maxWait: '3h' },
});
/** The starts of a page are merged by its own key, and limited. */
const publishPage = defineJob({
  type: 'publishPage',
  input,
  key: ({ tenant }) => tenant,
  retry: { delays: [] },
  debounce: { period: '1h' },
  concurrency: { limit: 1, key: ({ tenant }) => tenant },
  run: ({ name, tenant }) => work(name, tenant),
});
/** Runs once for each name. */
const warmCache = defineJob({
  type: 'warmCache',
  input,
  key: ({ name }) => name,
  startPolicy: 'once',
  debounce: { period: '1h', key: ({ tenant }) => tenant },
  run: ({ name, tenant }) => work(name, tenant),
});
/** The newest start of a tenant wins. */
const buildSite = defineJob({
  type: 'buildSite',
  ...working,
  concurrency: { limit: 1, key: ({ tenant }) => tenant, keep: 'newest' },
});
/** The same, and one in an hour. */
const publishSite = defineJob({
  type: 'publishSite',
  ...working,
  concurrency: { limit: 1, key: ({ tenant }) => tenant, keep: 'newest' },
  throttle: { limit: 1, period: '1h', key: ({ tenant }) => tenant },
});
/** The same, and each name runs once. */
const buildOnce = defineJob({
  type: 'buildOnce',
  input,
  key: ({ name }) => name,
  startPolicy: 'once',
  retry: { delays: [] },
  concurrency: { limit: 1, key: ({ tenant }) => tenant, keep: 'newest' },
  run: ({ name, tenant }) => work(name, tenant),
});
/** The oldest start of a tenant wins. */
const importFeed = defineJob({
  type: 'importFeed',
  ...working,
  concurrency: { limit: 1, key: ({ tenant }) => tenant, keep: 'oldest' },
});
/** The same, after a burst. */
const importBurst = defineJob({
  type: 'importBurst',
  ...working,
  debounce: { period: '1h', key: ({ tenant }) => tenant },
  concurrency: { limit: 1, key: ({ tenant }) => tenant, keep: 'oldest' },
});
/** No worker polls its queue: the test decides what its workflow does. */
const walkByHand = defineWorkflow({
  type: 'walkByHand',
  description: 'Does what the test says.',
  input,
  taskQueue: 'by-hand',
  businessKey: ({ name }) => name,
  summary: ({ name }) => name,
  startPolicy: 'in-turn',
  concurrency: { limit: 1, key: ({ tenant }) => tenant },
});

async function work(name: string, tenant: string): Promise<void> {
  const count = (open.get(tenant) ?? 0) + 1;
  open.set(tenant, count);
  ran.push({ name, open: count });
  await gates.get(name)?.opened;
  open.set(tenant, (open.get(tenant) ?? 0) - 1);
  if (failing.delete(name)) throw new PermanentError('as it is meant to');
}

const ownJobs = [
  exportInvoices,
  syncTenant,
  callApi,
  pollApi,
  meterTenant,
  reindexTenant,
  publishPage,
  warmCache,
  buildSite,
  publishSite,
  buildOnce,
  importFeed,
  importBurst,
  walkByHand,
];
const service = useService({ jobs: ownJobs });
const deps = startDeps(service, ownJobs);

let program: pg.Client;
beforeAll(async () => {
  program = new pg.Client({ connectionString: service.databaseUrl });
  await program.connect();
});
afterAll(() => program.end());
beforeEach(async () => {
  await service.db.deleteFrom('outbox').execute();
  await service.db.deleteFrom('limitSlots').execute();
  ran.length = 0;
});

// A run that stays open keeps its worker from stopping.
afterEach(() => {
  for (const one of gates.values()) one.open();
});

const newName = () => `n-${randomUUID()}`;
/** Repeated if the database has ended a transaction because this process stood still. */
const relay = () => eventually(() => relayOnce(deps));
const admit = (entries: Parameters<typeof admitEntries>[1], how: Parameters<typeof admitEntries>[2]) =>
  eventually(() => admitEntries(deps, entries, how));
const turns = new LimitTurns();
/** A pass over limits that checks every slot, whether or not it is due. */
async function pass(own = turns): Promise<void> {
  await service.db
    .updateTable('limitSlots')
    .set({ nextCheckAt: sql<Date>`now()` })
    .execute();
  await meetLimitsOnce(deps, own, new KeptStarts());
}
const get = async (path: string): Promise<unknown> => (await service.request('GET', path)).body;
const why = (jobId: string) => get(`/api/jobs/${jobId}/why`);
const status = async (jobId: string) => ((await get(`/api/jobs/${jobId}`)) as JobView).status;
const rowOf = (jobId: string) =>
  service.db
    .selectFrom('outbox')
    .selectAll()
    .where('jobId', '=', jobId)
    .orderBy('id', 'desc')
    .executeTakeFirstOrThrow();
const slots = () => service.db.selectFrom('limitSlots').selectAll().orderBy('takenAt').execute();
const handle = (jobId: string) => service.client.workflow.getHandle(jobId);

/** Makes passes of the relay and over limits until a check holds. */
const until = <T>(check: () => T | Promise<T>, timeoutMs?: number): Promise<T> =>
  eventually(async () => {
    await pass();
    await relay();
    return check();
  }, timeoutMs);
const isOpen = (jobId: string) =>
  until(async () => {
    expect(await handle(jobId).describe()).toMatchObject({ status: { name: 'RUNNING' } });
  });

type Limited = JobDefinition<string, z.infer<typeof input>, z.infer<typeof input>>;

/** Enqueues a job with SQL; its run stays open until its gate is opened. */
async function start(
  job: Limited,
  tenant: string,
  options: EnqueueOptions & { name?: string } = {},
): Promise<{ jobId: string; name: string }> {
  const { name = newName(), ...rest } = options;
  gates.set(name, gate());
  const { jobId } = await enqueue(program, job, { name, tenant }, rest);
  return { jobId, name };
}

/** Two starts of a key with one slot: the first is open, and the second waits. */
async function openAndWaiting(
  job: Limited = syncTenant,
): Promise<Record<'first' | 'second', { jobId: string; name: string }> & { tenant: string }> {
  const tenant = newName();
  const first = await start(job, tenant);
  const second = await start(job, tenant);
  await isOpen(first.jobId);
  expect(await rowOf(second.jobId)).toMatchObject({ isHeld: true, dispatchedAt: null });
  return { first, second, tenant };
}

describe('concurrency', () => {
  it(
    'is never exceeded by concurrent dispatchers, relays and passes, and each start is made once',
    async () => {
      const tenants = [newName(), newName()];
      const names = tenants.flatMap((tenant) =>
        Array.from({ length: 8 }, () => ({ tenant, name: newName() })),
      );
      for (const { name } of names) gates.set(name, gate());
      const bySql = names.filter((_, index) => index % 2 === 0);
      for (const one of bySql) await enqueue(program, exportInvoices, one);
      const dispatchers = [1, 2].map(() => createDispatcher({ ...deps, timeoutMs: 10_000 }));
      const entries = await service.db
        .transaction()
        .execute((trx) =>
          Promise.all(
            names.filter((one) => !bySql.includes(one)).map((one) => enqueueStart(trx, exportInvoices, one)),
          ),
        );
      // Both have each start, as if one were late and the relay had taken over.
      for (const dispatcher of dispatchers) dispatcher.start(entries);
      await eventually(async () => {
        await Promise.all([relay(), relay(), pass(new LimitTurns()), pass(new LimitTurns())]);
        await service.db
          .updateTable('outbox')
          .set({ nextAttemptAt: new Date(0) })
          .where('isHeld', '=', false)
          .where('dispatchedAt', 'is', null)
          .execute();
        // One run of each tenant ends.
        for (const tenant of tenants) {
          const isOfTenant = ({ name }: { name: string }): boolean =>
            names.some((one) => one.name === name && one.tenant === tenant);
          const held = await sql<{ count: number }>`SELECT count(*)::int AS count FROM limit_slots
          WHERE limit_key = ${`concurrency:exportInvoices:${tenant}`}`.execute(service.db);
          expect.soft(held.rows[0]?.count).toBeLessThanOrEqual(3);
          const next = ran.filter(isOfTenant).find(({ name }) => gates.has(name));
          gates.get(next?.name ?? '')?.open();
          gates.delete(next?.name ?? '');
        }
        expect(ran).toHaveLength(names.length);
      }, 150_000);
      await Promise.all(dispatchers.map((dispatcher) => dispatcher.drain()));
      expect(new Set(ran.map(({ name }) => name)).size).toBe(names.length);
      expect(Math.max(...ran.map((one) => one.open))).toBeLessThanOrEqual(3);
      for (const one of gates.values()) one.open();
      await until(async () => expect(await slots()).toEqual([]));
    },
    SLOW_MS,
  );

  it('explains what a start waits for', async () => {
    const { first, second, tenant } = await openAndWaiting();
    expect(await get(`/api/jobs/${second.jobId}`)).toMatchObject({
      status: 'waiting',
      runId: null,
      links: { waitsFor: `/api/jobs/${first.jobId}` },
      starts: [{ outcome: 'held' }],
    });
    expect(await why(second.jobId)).toMatchObject({
      code: 'waiting_for_slot',
      sentence: `It waits for the open run of the key ${tenant} to end.`,
      limit: { kind: 'concurrency', key: tenant, held: 1 },
      child: first.jobId,
      actions: [{ does: `See GET /api/jobs/${first.jobId}/why.` }],
    });
    gates.get(first.name)?.open();
    await isOpen(second.jobId);
    gates.get(second.name)?.open();
    await jobWithStatus(service, second.jobId, 'completed');
  });

  it.each<[string, (job: { jobId: string; name: string }) => unknown]>([
    ['completes', ({ name }) => gates.get(name)?.open()],
    [
      'fails',
      ({ name }) => {
        failing.add(name);
        gates.get(name)?.open();
      },
    ],
    [
      'is cancelled',
      async ({ jobId, name }) => {
        await act(service, jobId, 'cancel');
        gates.get(name)?.open();
      },
    ],
    ['is terminated in the engine', ({ jobId }) => handle(jobId).terminate('by the test')],
  ])('frees the slot of a run that %s', async (_, end) => {
    const { first, second } = await openAndWaiting();
    await pass();
    expect(await status(second.jobId)).toBe('waiting');
    await end(first);
    await isOpen(second.jobId);
    expect(await slots()).toMatchObject([{ jobId: second.jobId }]);
    gates.get(first.name)?.open();
    gates.get(second.name)?.open();
    await until(async () => expect(await slots()).toEqual([]));
  });

  it(
    'keeps the slot of a run that continues as new, or is reset',
    async () => {
      const { first, second } = await openAndWaiting(walkByHand);
      const { runId } = await handle(first.jobId).describe();
      await respond({
        commandType: CommandType.COMMAND_TYPE_CONTINUE_AS_NEW_WORKFLOW_EXECUTION,
        continueAsNewWorkflowExecutionCommandAttributes: {
          workflowType: { name: walkByHand.type },
          taskQueue: { name: walkByHand.taskQueue },
        },
      });
      const continued = await handle(first.jobId).describe();
      expect(continued.runId).not.toBe(runId);
      await pass();
      expect(await slots()).toMatchObject([{ jobId: first.jobId, runId }]);

      await respond();
      const { events } = await handle(first.jobId).fetchHistory();
      const { namespace } = service.client.options;
      await service.client.workflowService.resetWorkflowExecution({
        namespace,
        workflowExecution: { workflowId: first.jobId, runId: continued.runId },
        reason: 'by the test',
        requestId: randomUUID(),
        workflowTaskFinishEventId: events?.at(-1)?.eventId ?? null,
      });
      expect((await handle(first.jobId).describe()).runId).not.toBe(continued.runId);
      await pass();
      expect(await slots()).toMatchObject([{ jobId: first.jobId }]);
      expect(await status(second.jobId)).toBe('waiting');

      await handle(first.jobId).terminate('by the test');
      await isOpen(second.jobId);
      await handle(second.jobId).terminate('by the test');
    },
    SLOW_MS,
  );

  it('lets a retry take a slot like any other start', async () => {
    const { first, second } = await openAndWaiting();
    failing.add(first.name);
    gates.get(first.name)?.open();
    await isOpen(second.jobId);
    gates.set(first.name, gate());
    await act(service, first.jobId, 'retry');
    await until(async () =>
      expect(await why(first.jobId)).toMatchObject({ code: 'waiting_for_slot', child: second.jobId }),
    );
    gates.get(second.name)?.open();
    await isOpen(first.jobId);
    gates.get(first.name)?.open();
    await jobWithStatus(service, first.jobId, 'completed');
  });

  it('keeps the slot of a start whose process died before its call, which the relay makes', async () => {
    const tenant = newName();
    const first = { tenant, name: newName() };
    gates.set(first.name, gate());
    const entry = await service.db.transaction().execute((trx) => enqueueStart(trx, syncTenant, first));
    // Its process has it for a while.
    await sql`UPDATE outbox SET next_attempt_at = now() + interval '1 hour' WHERE id = ${entry.id}`.execute(
      service.db,
    );
    expect(await admit([entry], 'try')).toMatchObject({ admitted: new Set([entry.id]) });
    const second = await start(syncTenant, tenant);
    await relay();
    await pass();
    expect(await status(second.jobId)).toBe('waiting');
    expect(await slots()).toMatchObject([{ entryId: entry.id, runId: null }]);
    await sql`UPDATE outbox SET next_attempt_at = now() WHERE id = ${entry.id}`.execute(service.db);
    await isOpen(entry.jobId);
    gates.get(first.name)?.open();
    await isOpen(second.jobId);
    gates.get(second.name)?.open();
  });

  it('keeps the slot of a start that was made while its process died before it could record that', async () => {
    const { first, second } = await openAndWaiting();
    const { runId } = await rowOf(first.jobId);
    await sql`UPDATE outbox SET dispatched_at = NULL, outcome = NULL, run_id = NULL, next_attempt_at = now() + interval '1 hour'
      WHERE job_id = ${first.jobId}`.execute(service.db);
    await service.db.updateTable('limitSlots').set({ runId: null }).execute();
    await pass();
    expect(await status(second.jobId)).toBe('waiting');
    await sql`UPDATE outbox SET next_attempt_at = now() WHERE job_id = ${first.jobId}`.execute(service.db);
    await relay();
    expect(await rowOf(first.jobId)).toMatchObject({ outcome: 'started', runId });
    await pass();
    expect(await slots()).toMatchObject([{ runId }]);
    gates.get(first.name)?.open();
    await isOpen(second.jobId);
    gates.get(second.name)?.open();
  });

  it('frees the slot of a start that was withdrawn before it was made', async () => {
    const tenant = newName();
    const entry = await service.db
      .transaction()
      .execute((trx) => enqueueStart(trx, syncTenant, { tenant, name: newName() }));
    await admit([entry], 'reserve');
    const second = await start(syncTenant, tenant);
    await act(service, entry.jobId, 'cancel');
    await pass();
    expect(await slots()).toMatchObject([{ entryId: entry.id }]);
    await sql`UPDATE outbox SET next_attempt_at = now() WHERE id = ${entry.id}`.execute(service.db);
    await isOpen(second.jobId);
    expect(await rowOf(entry.jobId)).toMatchObject({ outcome: 'withdrawn' });
    gates.get(second.name)?.open();
  });

  it('makes the starts of a key in their order, one after the other, and those of a job too', async () => {
    const tenant = newName();
    const [a, b] = [newName(), newName()];
    const first = await start(syncTenant, tenant, { name: a });
    await start(syncTenant, tenant, { name: a });
    await start(syncTenant, tenant, { name: b });
    await isOpen(first.jobId);
    gates.get(a)?.open();
    gates.get(b)?.open();
    const own = await until(() => {
      const here = ran.filter(({ name }) => name === a || name === b);
      expect(here).toHaveLength(3);
      return here;
    }, PATIENCE_OF_MANY_MS);
    // The second start of the first job joins the line only when the first has ended.
    expect(own.map(({ name }) => name)).toEqual([a, b, a]);
    expect(own.map(({ open: count }) => count)).toEqual([1, 1, 1]);
  });

  it('gives turns by priority, and in turns between fairness keys', async () => {
    const { first, second, tenant } = await openAndWaiting();
    const names: string[] = [];
    for (const fairness of ['busy', 'busy', 'busy', 'other']) {
      names.push((await start(syncTenant, tenant, { fairness: { key: fairness } })).name);
    }
    const urgent = await start(syncTenant, tenant, { priority: 1 });
    await relay();
    const own = [second.name, urgent.name, ...names];
    for (const name of [first.name, ...own]) gates.get(name)?.open();
    const order = await until(() => {
      const here = ran.map(({ name }) => name).filter((name) => own.includes(name));
      expect(here).toHaveLength(own.length);
      return here;
    }, PATIENCE_OF_MANY_MS);
    expect(order[0]).toBe(urgent.name);
    expect(order.indexOf(names[3] ?? '')).toBeLessThan(order.indexOf(names[1] ?? ''));
    expect(order.indexOf(names[0] ?? '')).toBeLessThan(order.indexOf(names[1] ?? ''));
  });

  it('merges equal starts of a job that wait in turn, as others do while a run is open', async () => {
    const { first, second, tenant } = await openAndWaiting();
    await start(syncTenant, tenant, { name: second.name });
    await start(syncTenant, newName(), { name: second.name });
    await relay();
    expect(
      await service.db
        .selectFrom('outbox')
        .select(['outcome', 'limitKey'])
        .where('jobId', '=', second.jobId)
        .orderBy('id')
        .execute(),
    ).toEqual([
      { outcome: null, limitKey: `concurrency:syncTenant:${tenant}` },
      { outcome: 'exists', limitKey: null },
      { outcome: null, limitKey: 'job' },
    ]);
    gates.get(first.name)?.open();
    gates.get(second.name)?.open();
  });

  it('leaves what waits to its turn, whatever its time', async () => {
    const { first, second } = await openAndWaiting();
    await leaveToRelay(service.db, (await rowOf(second.jobId)).id);
    expect((await rowOf(second.jobId)).nextAttemptAt).toEqual(NEVER);
    await sql`UPDATE outbox SET next_attempt_at = now() WHERE is_held`.execute(service.db);
    expect(await relay()).toMatchObject({ made: 0, more: false, nextAt: undefined });
    gates.get(first.name)?.open();
    gates.get(second.name)?.open();
  });

  it('lets a waiting start be cancelled, rescheduled and expire', async () => {
    const { first, second: cancelled, tenant } = await openAndWaiting();
    const moved = await start(syncTenant, tenant);
    const expiring = await start(syncTenant, tenant, { expiresIn: '1h' });
    await relay();
    expect(await status(moved.jobId)).toBe('waiting');
    await act(service, cancelled.jobId, 'cancel');
    expect(await status(cancelled.jobId)).toBe('cancelled');
    const at = new Date(Date.now() + 3_600_000);
    await act(service, moved.jobId, 'reschedule', { at: at.toISOString() });
    await relay();
    expect(await rowOf(moved.jobId)).toMatchObject({ isHeld: false, limitKey: null, startAt: at });
    expect(await status(moved.jobId)).toBe('scheduled');
    await sql`UPDATE outbox SET expires_at = now(), created_at = now() - interval '2 hours' WHERE job_id = ${expiring.jobId}`.execute(
      service.db,
    );
    await watchEndsOnce(deps);
    expect(await rowOf(expiring.jobId)).toMatchObject({ outcome: 'expired' });
    gates.get(first.name)?.open();
    await until(async () => expect(await slots()).toEqual([]));
    await moveToSoon(service, moved.jobId);
    await isOpen(moved.jobId);
    gates.get(moved.name)?.open();
  });

  it('keeps no slot for a start whose time is to come', async () => {
    const tenant = newName();
    const later = await start(syncTenant, tenant, { delay: '1h' });
    const now = await start(syncTenant, tenant);
    await isOpen(now.jobId);
    expect(await status(later.jobId)).toBe('scheduled');
    expect(await slots()).toMatchObject([{ jobId: now.jobId }]);
    gates.get(now.name)?.open();
  });

  it('hands on what waits at a limit that its job no longer has', async () => {
    const { second } = await openAndWaiting();
    const unlimited: JobDefinition = { ...syncTenant };
    delete unlimited.concurrency;
    const changed = createJobRegistry([...shopJobs.all, unlimited]);
    await meetLimitsOnce({ ...deps, jobs: changed }, new LimitTurns(), new KeptStarts());
    expect(await rowOf(second.jobId)).toMatchObject({ isHeld: false, limitKey: null });
    // A process that does not know the job leaves what waits to others.
    const third = await openAndWaiting();
    await meetLimitsOnce({ ...deps, jobs: shopJobs }, new LimitTurns(), new KeptStarts());
    expect(await rowOf(third.second.jobId)).toMatchObject({ isHeld: true });
    for (const one of gates.values()) one.open();
  });

  it('looks at more limits than a pass does in turn, and then rests', async () => {
    await sql`INSERT INTO outbox (job_type, job_id, input, is_held, limit_key, next_attempt_at)
      SELECT 'syncTenant', 'sync-tenant:' || n, '{}', true, 'concurrency:unknown:' || n, '2199-01-01' FROM generate_series(1, 1001) AS n`.execute(
      service.db,
    );
    const own = new LimitTurns();
    expect(await own.give(deps, new Set())).toMatchObject({ given: 0, more: true });
    expect(await own.give(deps, new Set())).toMatchObject({ given: 0, more: false });
  });

  it('looks at no further limit when the time of a pass is over, and continues there with the next', async () => {
    for (let key = 0; key < 3; key++) await openAndWaiting();
    await service.db.deleteFrom('limitSlots').execute();
    const own = new LimitTurns();
    let now = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 10_000));
    const passes = [];
    try {
      for (let count = 0; count < 3; count++) passes.push(await own.give(deps, new Set()));
    } finally {
      clock.mockRestore();
    }
    expect(passes.map(({ given }) => given)).toEqual([1, 1, 1]);
    expect(passes[0]).toMatchObject({ more: true });
    for (const one of gates.values()) one.open();
  });

  it('reserves no further slots when the time for that is over, and leaves those starts for later', async () => {
    const entries = await service.db
      .transaction()
      .execute(async (trx) => [
        await enqueueStart(trx, callApi, { name: newName(), tenant: newName() }),
        await enqueueStart(trx, callApi, { name: newName(), tenant: newName() }),
      ]);
    const { admitted, waiting } = await admitEntries(deps, entries, 'reserve', -1);
    expect(admitted.size).toBe(0);
    expect(waiting).toEqual(new Set(entries.map(({ id }) => id)));
    expect(await slots()).toEqual([]);
    for (const { jobId } of entries)
      expect(await rowOf(jobId)).toMatchObject({ isHeld: false, limitKey: null });
  });

  it('lets a hundred starts of a full key wait without a look at them in each pass', async () => {
    const { first, tenant } = await openAndWaiting();
    await sql`INSERT INTO outbox (job_type, input, next_attempt_at, is_checked)
      SELECT 'syncTenant', jsonb_build_object('name', 'many-' || n, 'tenant', ${tenant}::text), now(), false
      FROM generate_series(1, 100) AS n`.execute(service.db);
    const other = await start(syncTenant, newName());
    await until(async () => expect(await relay()).toMatchObject({ more: false, made: 0 }));
    await isOpen(other.jobId);
    const waiting = await service.db
      .selectFrom('outbox')
      .select(sql<number>`count(*)::int`.as('count'))
      .where('limitKey', '=', `concurrency:syncTenant:${tenant}`)
      .executeTakeFirstOrThrow();
    expect(waiting.count).toBe(101);
    gates.get(first.name)?.open();
    gates.get(other.name)?.open();
  });
});

it('holds up no other key, and loses no start, while another process has a key', async () => {
  const tenant = newName();
  const other = new pg.Client({ connectionString: service.databaseUrl });
  await other.connect();
  await other.query('BEGIN');
  await other.query(
    `SELECT pg_advisory_xact_lock(hashtextextended('limit:concurrency:syncTenant:' || $1, 0))`,
    [tenant],
  );
  try {
    const stuck = await start(syncTenant, tenant);
    const free = await start(syncTenant, newName());
    await until(async () => expect((await rowOf(free.jobId)).outcome).toBe('started'));
    expect(await rowOf(stuck.jobId)).toMatchObject({ outcome: null, isHeld: false });
    gates.get(free.name)?.open();
    await other.query('ROLLBACK');
    await isOpen(stuck.jobId);
    gates.get(stuck.name)?.open();
  } finally {
    await other.end();
  }
});

it('makes the starts of other jobs although the slots of a limit cannot be given', async () => {
  const tenant = newName();
  await sql`CREATE FUNCTION refuse_slot() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN IF NEW.limit_key LIKE ''%refused%'' THEN RAISE ''out of order''; END IF; RETURN NEW; END'`.execute(
    service.db,
  );
  await sql`CREATE TRIGGER refuse_slot BEFORE INSERT ON limit_slots FOR EACH ROW EXECUTE FUNCTION refuse_slot()`.execute(
    service.db,
  );
  try {
    const refused = await start(syncTenant, `refused-${tenant}`);
    const other = await start(syncTenant, tenant);
    await until(async () => expect(await rowOf(other.jobId)).toMatchObject({ outcome: 'started' }));
    expect(await rowOf(refused.jobId)).toMatchObject({ outcome: null, isHeld: false });
    await sql`DROP TRIGGER refuse_slot ON limit_slots`.execute(service.db);
    await isOpen(refused.jobId);
    for (const { name } of [refused, other]) gates.get(name)?.open();
  } finally {
    await sql`DROP TRIGGER IF EXISTS refuse_slot ON limit_slots`.execute(service.db);
    await sql`DROP FUNCTION refuse_slot`.execute(service.db);
  }
});

it('waits for a key that another process has with one connection, however many starts it has', async () => {
  const tenant = newName();
  const entries = await service.db
    .transaction()
    .execute((trx) =>
      Promise.all(
        Array.from({ length: 20 }, () => enqueueStart(trx, syncTenant, { tenant, name: newName() })),
      ),
    );
  const other = new pg.Client({ connectionString: service.databaseUrl });
  await other.connect();
  await other.query('BEGIN');
  await other.query(
    `SELECT pg_advisory_xact_lock(hashtextextended('limit:concurrency:syncTenant:' || $1, 0))`,
    [tenant],
  );
  try {
    const progress = { isDone: false };
    const tries = Promise.all(entries.map((entry) => admit([entry], 'try'))).finally(() => {
      progress.isDone = true;
    });
    let most = 0;
    while (!progress.isDone) {
      const { rows } = await program.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = 'advisory'`,
      );
      most = Math.max(most, rows[0]?.count ?? 0);
      await setImmediate();
    }
    for (const { admitted, waiting } of await tries) expect([admitted.size, waiting.size]).toEqual([0, 1]);
    expect(most).toBeLessThanOrEqual(1);
  } finally {
    await other.end();
  }
});

describe('starts of one job', () => {
  /** Commits starts of one throttled job, which none but the test makes. */
  const commitTwo = () =>
    service.db.transaction().execute(async (trx) => {
      const given = { name: newName(), tenant: newName() };
      return [await enqueueStart(trx, callApi, given), await enqueueStart(trx, callApi, given)] as const;
    });

  it('do not overtake one that has its slot and is about to be made', async () => {
    const [first, second] = await commitTwo();
    expect((await admit([first], 'reserve')).admitted).toEqual(new Set([first.id]));
    expect((await admit([second], 'try')).admitted).toEqual(new Set());
    expect(await service.db.selectFrom('outbox').select(['id', 'limitKey']).orderBy('id').execute()).toEqual([
      { id: first.id, limitKey: null },
      { id: second.id, limitKey: 'job' },
    ]);
  });

  it('do not overtake one whose row is locked', async () => {
    const [first, second] = await commitTwo();
    await program.query('BEGIN');
    try {
      await program.query('SELECT FROM durable_jobs.outbox WHERE id = $1 FOR UPDATE', [first.id]);
      const { admitted } = await admit([first, second], 'reserve');
      expect(admitted).toEqual(new Set());
    } finally {
      await program.query('ROLLBACK');
    }
  });
});

describe('slots', () => {
  const NOT_FOUND = new WorkflowNotFoundError('it has ended', 'any', undefined);
  /** Takes slots for starts that are gone, due for a check, with the runs `run-1` and so on. */
  const takeSlots = (count: number) =>
    sql`INSERT INTO limit_slots (limit_key, entry_id, job_id, run_id)
      SELECT 'concurrency:syncTenant:any', -n, 'sync-tenant:' || n, 'run-' || n FROM generate_series(1, ${count}::int) AS n`.execute(
      service.db,
    );
  /** An engine that has all runs as open in its index, and describes the run of a job as `describe` says. */
  const engineOf = (describe: (jobId: string) => unknown) =>
    ({
      withDeadline: (_: number, calls: () => unknown) => calls(),
      workflow: {
        getHandle: (jobId: string) => ({ describe: () => Promise.resolve().then(() => describe(jobId)) }),
        list: async function* () {
          for (let n = 1; n <= 100; n++) yield await Promise.resolve({ runId: `run-${n}` });
        },
      },
    }) as unknown as Client;
  const ended = (): never => {
    throw NOT_FOUND;
  };
  const check = (client: Client) => releaseSlots({ ...deps, db: service.db, client });

  it('are freed when an end is reported, although the index still has the run as open', async () => {
    await takeSlots(40);
    await wakeAwaiting(service.db, ['sync-tenant:7']);
    await check(engineOf(ended));
    const held = await slots();
    expect(held).toHaveLength(39);
    expect(held.map(({ jobId }) => jobId)).not.toContain('sync-tenant:7');
  });

  it('are checked again soon if the end is reported before the engine has it', async () => {
    await takeSlots(1);
    await sql`UPDATE limit_slots SET taken_at = now() - interval '1 hour'`.execute(service.db);
    await wakeAwaiting(service.db, ['sync-tenant:1']);
    await check(engineOf(() => ({ status: { name: 'RUNNING' }, runId: 'run-1', raw: {} })));
    const { rows } =
      await sql`SELECT next_check_at <= now() + interval '1 second' AS soon FROM limit_slots`.execute(
        service.db,
      );
    expect(rows).toEqual([{ soon: true }]);
  });

  it('are freed as far as their runs could be read, and the others are checked again', async () => {
    await takeSlots(3);
    await wakeAwaiting(service.db, ['sync-tenant:2']);
    const away = Object.assign(new Error('the engine is away'), { code: 14 });
    const { engineAway } = await check(
      engineOf((jobId) => {
        if (jobId === 'sync-tenant:2') throw away;
        return ended();
      }),
    );
    expect(engineAway).toBe(away);
    expect(await slots()).toMatchObject([{ jobId: 'sync-tenant:2', nextCheckAt: new Date(0) }]);
    await check(engineOf(ended));
    expect(await slots()).toEqual([]);
  });

  it('are freed although the run of another cannot be read, which is read again later', async () => {
    await takeSlots(20);
    await wakeAwaiting(service.db, ['sync-tenant:1']);
    const { engineAway } = await check(
      engineOf((jobId) => {
        if (jobId === 'sync-tenant:1') throw new Error('it is not readable');
        return ended();
      }),
    );
    expect(engineAway).toBeUndefined();
    const left = await slots();
    expect(left).toMatchObject([{ jobId: 'sync-tenant:1' }]);
    expect(Number(left[0]?.nextCheckAt)).toBeGreaterThan(0);
  });

  it('stay if their start is tried again during the check', async () => {
    await takeSlots(1);
    await check(
      engineOf(async () => {
        await sql`UPDATE limit_slots SET tried_at = clock_timestamp(), tries = tries + 1`.execute(service.db);
        return ended();
      }),
    );
    expect(await slots()).toHaveLength(1);
  });

  it('stay with the try that follows one whose process was frozen, when that wakes and gives up', async () => {
    const given = { name: newName(), tenant: newName() };
    const entry = await service.db.transaction().execute((trx) => enqueueStart(trx, meterTenant, given));
    await admit([entry], 'try');
    const { rows } = await sql<{ limitKey: string; triedAt: string }>`
      UPDATE limit_slots SET tried_at = tried_at - interval '1 minute'
      RETURNING limit_key, tried_at::text`.execute(service.db);
    const frozen = rows[0]?.triedAt;
    const keys = rows.map(({ limitKey }) => limitKey);
    expect(keys).toHaveLength(2);
    const next = await noteTry(service.db, entry.id, keys);
    await giveBackSlots(service.db, entry.id, frozen);
    await giveBackSlots(service.db, entry.id);
    expect(await slots()).toHaveLength(2);
    await giveBackSlots(service.db, entry.id, next);
    expect(await slots()).toEqual([]);
  });

  it('of a start that was dropped do not wait for the run of another start of its job', async () => {
    const { first, second, tenant } = await openAndWaiting();
    await sql`INSERT INTO limit_slots (limit_key, entry_id, job_id)
      VALUES (${`concurrency:syncTenant:${tenant}`}, -1, ${first.jobId})`.execute(service.db);
    await pass();
    expect(await slots()).toMatchObject([{ jobId: first.jobId, entryId: (await rowOf(first.jobId)).id }]);
    gates.get(first.name)?.open();
    gates.get(second.name)?.open();
  });

  it('are given although another part of the service fails', async () => {
    const tenant = newName();
    const jobIds: string[] = [];
    for (let count = 0; count < 3; count++)
      jobIds.push((await enqueue(program, callApi, { name: newName(), tenant })).jobId);
    await relay();
    await sql`UPDATE limit_slots SET ends_at = now()`.execute(service.db);
    const stop = new AbortController();
    const rest = () => {
      stop.abort();
      return Promise.resolve();
    };
    const away = { withDeadline: () => Promise.reject(new Error('the engine is away')) } as never;
    const { jobs, logger } = deps;
    await createContinuations({ temporal: away, jobs, jobRules, audit: undefined as never }).run({
      signal: stop.signal,
      db: service.db,
      logger,
      wait: rest,
      pause: rest,
      report: () => undefined,
      unit: undefined as never,
    });
    expect(await rowOf(jobIds[2] ?? '')).toMatchObject({ isHeld: false, limitKey: null });
  });
});

describe('throttle', () => {
  it('begins the period of a slot with the try, and takes another if the period has passed before', async () => {
    const entry = await service.db
      .transaction()
      .execute((trx) => enqueueStart(trx, callApi, { name: newName(), tenant: newName() }));
    await admit([entry], 'reserve');
    await sql`UPDATE limit_slots SET taken_at = taken_at - interval '1 minute', ends_at = ends_at - interval '1 minute'`.execute(
      service.db,
    );
    const [reserved] = await slots();
    const keys = [reserved?.limitKey ?? ''];
    expect(await noteTry(service.db, entry.id, keys)).toBeDefined();
    const [tried] = await slots();
    expect(Number(tried?.endsAt)).toBeGreaterThan(Number(reserved?.endsAt));
    expect(await noteTry(service.db, entry.id, [...keys, 'concurrency:callApi:'])).toBeUndefined();
    await sql`UPDATE limit_slots SET ends_at = now()`.execute(service.db);
    expect(await noteTry(service.db, entry.id, keys)).toBeUndefined();
  });

  it('keeps the place of a start whose period passed before it was tried, ahead of those that wait', async () => {
    const tenant = newName();
    const commit = () =>
      service.db.transaction().execute((trx) => enqueueStart(trx, callApi, { name: newName(), tenant }));
    const first = await commit();
    await admit([first], 'reserve');
    await sql`UPDATE limit_slots SET ends_at = now()`.execute(service.db);
    const others = [await commit(), await commit()];
    expect((await admit(others, 'try')).admitted.size).toBe(2);
    const waiting = await commit();
    await admit([waiting], 'try');
    expect(await rowOf(waiting.jobId)).toMatchObject({ isHeld: true });

    // No slot is free, and it does not join the line.
    expect((await admit([first], 'try')).admitted.size).toBe(0);
    const deferred = await rowOf(first.jobId);
    expect(deferred).toMatchObject({ isHeld: false, limitKey: null });
    expect(Number(deferred.nextAttemptAt)).toBeGreaterThan(Date.now() + 600_000);

    await service.db
      .deleteFrom('limitSlots')
      .where('entryId', '=', others[0]?.id ?? 0)
      .execute();
    expect((await admit([await commit()], 'try')).admitted.size).toBe(0);
    expect((await admit([first], 'try')).admitted).toEqual(new Set([first.id]));
    expect(await rowOf(waiting.jobId)).toMatchObject({ isHeld: true });
  });

  it('passes over starts that have to wait at another limit', async () => {
    const region = newName();
    const [busy, other] = [`${region}/busy`, `${region}/other`];
    for (const tenant of [`${region}/1`, `${region}/2`])
      await enqueue(program, meterTenant, { name: newName(), tenant });
    await relay();
    const ids: string[] = [];
    for (const tenant of [busy, busy, other])
      ids.push((await enqueue(program, meterTenant, { name: newName(), tenant })).jobId);
    await relay();
    await sql`UPDATE limit_slots SET ends_at = now() WHERE ends_at IS NOT NULL`.execute(service.db);
    expect(await new LimitTurns().give(deps, new Set())).toMatchObject({ given: 2 });
    const held = await Promise.all(ids.map(async (jobId) => (await rowOf(jobId)).limitKey));
    expect(held).toEqual([null, `concurrency:meterTenant:${busy}`, null]);
  });

  it('continues at once if more starts than a pass looks at have to wait at another limit', async () => {
    const region = newName();
    for (const tenant of [`${region}/1`, `${region}/2`])
      await enqueue(program, meterTenant, { name: newName(), tenant });
    await relay();
    const tenants = [...Array.from({ length: 25 }, () => `${region}/busy`), `${region}/other`];
    for (const tenant of tenants) await enqueue(program, meterTenant, { name: newName(), tenant });
    await relay();
    await sql`UPDATE limit_slots SET ends_at = now() WHERE ends_at IS NOT NULL`.execute(service.db);
    const own = new LimitTurns();
    expect(await own.give(deps, new Set())).toMatchObject({ given: 1, more: true });
    expect(await own.give(deps, new Set())).toMatchObject({ given: 1, more: false });
  });

  it('delays the starts beyond it, and explains that', async () => {
    const tenant = newName();
    const jobIds: string[] = [];
    for (let count = 0; count < 3; count++)
      jobIds.push((await enqueue(program, callApi, { name: newName(), tenant })).jobId);
    await until(async () => expect(await status(jobIds[1] ?? '')).toBe('completed'));
    const [, , third = ''] = jobIds;
    const [slot] = await slots();
    expect(await why(third)).toMatchObject({
      code: 'waiting_for_throttle',
      sentence: expect.stringContaining(
        `2 starts of the key ${tenant} were made within the period; the next is made at`,
      ) as string,
      limit: { kind: 'throttle', key: tenant, held: 2 },
      nextAt: slot?.endsAt?.toISOString(),
    });
    expect((await meetLimitsOnce(deps, turns, new KeptStarts())).nextAt).toEqual(slot?.endsAt);
    // An hour later.
    await sql`UPDATE limit_slots SET ends_at = ends_at - interval '1 hour'`.execute(service.db);
    await until(async () => expect(await status(third)).toBe('completed'));
  });

  it('makes at most as many starts in any period, counted by their times', async () => {
    const tenant = newName();
    // A slot is gone when its period is over, however slow the test is.
    await sql`CREATE TABLE taken (at timestamptz)`.execute(service.db);
    await sql`CREATE FUNCTION note_taken() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN INSERT INTO taken VALUES (NEW.taken_at); RETURN NULL; END'`.execute(service.db);
    await sql`CREATE TRIGGER note_taken AFTER INSERT ON limit_slots
      FOR EACH ROW EXECUTE FUNCTION note_taken()`.execute(service.db);
    const entries = await Promise.all(
      Array.from({ length: 10 }, () =>
        service.db
          .transaction()
          .execute((trx) => enqueueStart(trx, pollApi, { name: newName(), tenant }, { by: 'relay' })),
      ),
    );
    await until(async () => {
      await Promise.all([relay(), relay(), meetLimitsOnce(deps, new LimitTurns(), new KeptStarts())]);
      for (const { jobId } of entries) expect(await status(jobId)).toBe('completed');
    }, PATIENCE_OF_MANY_MS);
    const { rows } = await sql<{ tooSoon: boolean }>`
      SELECT at - lag(at, 3) OVER (ORDER BY at) < interval '5 seconds' AS "tooSoon" FROM taken`.execute(
      service.db,
    );
    expect(rows.length).toBeGreaterThanOrEqual(entries.length);
    expect(rows.filter(({ tooSoon }) => tooSoon)).toEqual([]);
  });
});

describe('a limit that keeps one start', () => {
  const replacedBy = (jobId: string) => ({
    status: 'cancelled',
    failure: { code: 'start_replaced' },
    links: { replacedBy: `/api/jobs/${jobId}` },
    starts: [{ outcome: 'replaced' }],
  });
  const isCancelling = async (jobId: string) =>
    (await handle(jobId).describe()).raw.workflowExtendedInfo?.cancelRequested === true;
  /** Decides what becomes of the starts that wait, without a look at the slots before. */
  const settle = (own = new KeptStarts(), { jobRules: rules = deps.jobRules } = {}) =>
    own.settle({ ...deps, db: service.db, client: service.client, jobRules: rules });
  const waits = (jobId: string) =>
    eventually(async () => {
      await relay();
      expect(await rowOf(jobId)).toMatchObject({ isHeld: true, dispatchedAt: null });
    });
  const reportEnds = async (): Promise<void> => {
    await service.db
      .updateTable('awaitedJobs')
      .set({ nextCheckAt: new Date(0) })
      .execute();
    await watchEndsOnce(deps);
  };

  it('cancels the open run for the newest of the starts that come meanwhile, and makes none of the others', async () => {
    const { first, second, tenant } = await openAndWaiting(buildSite);
    const following = await enqueue(
      program,
      callApi,
      { name: newName(), tenant: newName() },
      { after: { job: second.jobId } },
    );
    const posted = await request(service.url, 'POST', '/api/jobs', {
      type: 'buildSite',
      input: { name: newName(), tenant },
    });
    expect(posted).toMatchObject({ status: 202, body: { started: null } });
    const { jobId: fourth } = posted.body as { jobId: string };
    const fifth = await start(buildSite, tenant);
    await until(async () => {
      expect(await get(`/api/jobs/${second.jobId}`)).toMatchObject(replacedBy(fifth.jobId));
      expect(await get(`/api/jobs/${fourth}`)).toMatchObject(replacedBy(fifth.jobId));
      expect(await isCancelling(first.jobId)).toBe(true);
    });
    expect(await why(second.jobId)).toMatchObject({
      code: 'start_replaced',
      sentence: `A later start of its key replaced it before it was made: the job ${fifth.jobId} runs in its place.`,
      child: fifth.jobId,
    });
    expect(await why(fifth.jobId)).toMatchObject({
      code: 'waiting_for_slot',
      sentence: `It waits for the open run of the key ${tenant} to end, whose cancellation was requested for it. It replaced 2 earlier starts.`,
      child: first.jobId,
    });
    expect(await why(first.jobId)).toMatchObject({
      code: 'cancelling',
      sentence: expect.stringContaining('a later start takes its place: build-site:') as string,
    });
    // It is requested once.
    const before = (await handle(first.jobId).describe()).historyLength;
    await pass();
    expect((await handle(first.jobId).describe()).historyLength).toBe(before);
    gates.get(first.name)?.open();
    await isOpen(fifth.jobId);
    expect(await status(following.jobId)).toBe('waiting');
    gates.get(fifth.name)?.open();
    await until(async () => {
      await reportEnds();
      expect(await status(following.jobId)).toBe('completed');
    });
    expect(ran.map(({ name }) => name)).toEqual([first.name, fifth.name]);
    const held = async () => (await slots()).filter(({ limitKey }) => limitKey.endsWith(`:${tenant}`));
    await until(async () => expect(await held()).toEqual([]));
  });

  it('lets the open run stand for all starts that come meanwhile, also for those of its own job', async () => {
    const tenant = newName();
    const first = await start(importFeed, tenant);
    await isOpen(first.jobId);
    const second = await start(importFeed, tenant);
    const following = await enqueue(
      program,
      callApi,
      { name: newName(), tenant: newName() },
      { after: { job: second.jobId } },
    );
    const again = await enqueue(program, importFeed, { name: first.name, tenant });
    expect(again.jobId).toBe(first.jobId);
    await until(async () => {
      expect(await get(`/api/jobs/${second.jobId}`)).toMatchObject(replacedBy(first.jobId));
      expect(await rowOf(first.jobId)).toMatchObject({ outcome: 'replaced' });
    });
    expect(await why(second.jobId)).toMatchObject({
      code: 'start_replaced',
      sentence: `It was not made because an earlier start of its key had an open run: the job ${first.jobId} runs in its place.`,
      child: first.jobId,
    });
    expect(await status(first.jobId)).toBe('running');
    expect(await isCancelling(first.jobId)).toBe(false);
    expect(await status(following.jobId)).toBe('waiting');
    gates.get(first.name)?.open();
    await until(async () => {
      await reportEnds();
      expect(await status(following.jobId)).toBe('completed');
    });
    expect(await status(first.jobId)).toBe('completed');
    const third = await start(importFeed, tenant);
    await isOpen(third.jobId);
    gates.get(third.name)?.open();
    await jobWithStatus(service, third.jobId, 'completed');
    expect(ran.map(({ name }) => name)).toEqual([first.name, third.name]);
  });

  it('drops no start for a run that has ended, or for a start that is not made yet', async () => {
    const tenant = newName();
    const first = await start(importFeed, tenant);
    await isOpen(first.jobId);
    gates.get(first.name)?.open();
    await eventually(async () =>
      expect(await handle(first.jobId).describe()).toMatchObject({ status: { name: 'COMPLETED' } }),
    );
    const second = await start(importFeed, tenant);
    await waits(second.jobId);
    expect(await slots()).toMatchObject([{ jobId: first.jobId }]);
    expect(await settle()).toMatchObject({ settled: 0, more: false });
    // It has a slot, and its process died before the call.
    await pass();
    expect(await slots()).toMatchObject([{ jobId: second.jobId }]);
    const third = await start(importFeed, tenant);
    await service.db
      .updateTable('outbox')
      .set({ nextAttemptAt: NEVER })
      .where('jobId', '=', second.jobId)
      .execute();
    await waits(third.jobId);
    expect(await settle()).toMatchObject({ settled: 0 });
    expect(await rowOf(third.jobId)).toMatchObject({ isHeld: true, outcome: null });
    await act(service, second.jobId, 'cancel');
    await isOpen(third.jobId);
    gates.get(third.name)?.open();
    await jobWithStatus(service, third.jobId, 'completed');
  });

  it('cancels nothing for a start that turns out to exist, and revives the one that it had replaced', async () => {
    const tenant = newName();
    const made = await start(buildOnce, tenant);
    await isOpen(made.jobId);
    gates.get(made.name)?.open();
    await jobWithStatus(service, made.jobId, 'completed');
    const first = await start(buildOnce, tenant);
    await isOpen(first.jobId);
    // Both the job that has ended and the one that is open exist.
    for (const { name, jobId } of [made, first]) {
      await enqueue(program, buildOnce, { name, tenant });
      await waits(jobId);
      expect(await settle()).toMatchObject({ settled: 1, more: true });
      expect(await rowOf(jobId)).toMatchObject({ outcome: 'exists', isHeld: false, limitKey: null });
    }
    expect(await isCancelling(first.jobId)).toBe(false);
    const replaced = await start(buildOnce, tenant);
    await waits(replaced.jobId);
    await enqueue(program, buildOnce, { name: made.name, tenant });
    await waits(made.jobId);
    expect((await rowOf(replaced.jobId)).outcome).toBe('replaced');
    await settle();
    expect(await isCancelling(first.jobId)).toBe(false);
    await until(async () => expect(await isCancelling(first.jobId)).toBe(true));
    gates.get(first.name)?.open();
    await isOpen(replaced.jobId);
    gates.get(replaced.name)?.open();
    await jobWithStatus(service, replaced.jobId, 'completed');
    expect(ran.map(({ name }) => name)).toEqual([made.name, first.name, replaced.name]);
  });

  it('lets the start that stays expire last, and replaces none that has expired', async () => {
    const tenant = newName();
    const first = await start(buildSite, tenant);
    await isOpen(first.jobId);
    const lasting = await start(buildSite, tenant);
    await waits(lasting.jobId);
    const expiring = await start(buildSite, tenant, { expiresIn: '1h' });
    await waits(expiring.jobId);
    expect(await rowOf(expiring.jobId)).toMatchObject({ expiresAt: null });
    await sql`UPDATE outbox SET expires_at = now(), created_at = now() - interval '2 hours' WHERE job_id = ${expiring.jobId}`.execute(
      service.db,
    );
    const last = await start(buildSite, tenant, { expiresIn: '2h' });
    await waits(last.jobId);
    expect((await rowOf(last.jobId)).expiresAt).not.toBeNull();
    await watchEndsOnce(deps);
    expect(await rowOf(expiring.jobId)).toMatchObject({ outcome: 'expired' });
    gates.get(first.name)?.open();
    await isOpen(last.jobId);
    gates.get(last.name)?.open();
    await jobWithStatus(service, last.jobId, 'completed');
  });

  it('leaves a retry in the line, and what is older than the open run', async () => {
    const tenant = newName();
    const failed = await start(buildSite, tenant);
    failing.add(failed.name);
    gates.get(failed.name)?.open();
    await until(async () => expect(await status(failed.jobId)).toBe('failed'));
    const later = await start(buildSite, tenant, { delay: '1h' });
    await until(async () => expect(await status(later.jobId)).toBe('scheduled'));
    const first = await start(buildSite, tenant);
    await isOpen(first.jobId);
    await moveToSoon(service, later.jobId);
    await waits(later.jobId);
    await pass();
    expect(await isCancelling(first.jobId)).toBe(false);
    gates.set(failed.name, gate());
    await act(service, failed.jobId, 'retry');
    await waits(failed.jobId);
    const last = await start(buildSite, tenant);
    await waits(last.jobId);
    expect((await rowOf(later.jobId)).outcome).toBe('replaced');
    expect(await rowOf(failed.jobId)).toMatchObject({ outcome: null, isHeld: true });
    await until(async () => expect(await isCancelling(first.jobId)).toBe(true));
    for (const one of gates.values()) one.open();
    await until(async () => expect(await status(last.jobId)).toBe('completed'));
  });

  it('waits for a run whose cancellation the rules of its job refuse, and asks again later', async () => {
    const { first, second } = await openAndWaiting(buildSite);
    const refuse = () =>
      Promise.reject(new ActionRefusedError('jobNotCancellable', 'It has just published.'));
    const rules = new Map([['buildSite', { beforeCancelling: refuse }]]);
    await settle(undefined, { jobRules: rules });
    expect(await isCancelling(first.jobId)).toBe(false);
    const [slot] = await slots();
    expect(slot?.keepAfter?.getTime()).toBeLessThan(Date.now() + 60_000);
    await settle();
    expect(await isCancelling(first.jobId)).toBe(false);
    await service.db
      .updateTable('limitSlots')
      .set({ keepAfter: sql<Date>`now()` })
      .execute();
    await settle();
    expect(await isCancelling(first.jobId)).toBe(true);
    gates.get(first.name)?.open();
    await isOpen(second.jobId);
    gates.get(second.name)?.open();
    await jobWithStatus(service, second.jobId, 'completed');
  });

  it('cancels no run for a start that would have to wait at another limit', async () => {
    const { first, second, tenant } = await openAndWaiting(publishSite);
    await pass();
    expect(await isCancelling(first.jobId)).toBe(false);
    // The period of the throttle, of which the first start holds the only slot, is over.
    await sql`UPDATE limit_slots SET ends_at = now() WHERE ends_at IS NOT NULL`.execute(service.db);
    await until(async () => expect(await isCancelling(first.jobId)).toBe(true));
    expect(await why(second.jobId)).toMatchObject({ limit: { kind: 'concurrency', key: tenant } });
    gates.get(first.name)?.open();
    await isOpen(second.jobId);
    gates.get(second.name)?.open();
    await jobWithStatus(service, second.jobId, 'completed');
  });

  it('lets a newer start of a job take the place of its own open run', async () => {
    const tenant = newName();
    const first = await start(buildSite, tenant);
    await isOpen(first.jobId);
    const { runId } = await handle(first.jobId).describe();
    // Equal ones too: of those that wait, the newest stays.
    for (let count = 0; count < 2; count++) await enqueue(program, buildSite, { name: first.name, tenant });
    await until(async () => expect(await isCancelling(first.jobId)).toBe(true));
    const rows = await service.db.selectFrom('outbox').select('outcome').orderBy('id').execute();
    expect(rows.map(({ outcome }) => outcome)).toEqual(['started', 'replaced', null]);
    gates.get(first.name)?.open();
    await until(async () => expect((await handle(first.jobId).describe()).runId).not.toBe(runId));
    await jobWithStatus(service, first.jobId, 'completed');
    expect(ran.map(({ name }) => name)).toEqual([first.name, first.name]);
  });

  it('drops no start for a run whose cancellation is requested', async () => {
    const tenant = newName();
    const first = await start(importFeed, tenant);
    await isOpen(first.jobId);
    await act(service, first.jobId, 'cancel');
    const second = await start(importFeed, tenant);
    await waits(second.jobId);
    expect(await settle()).toMatchObject({ settled: 0 });
    gates.get(first.name)?.open();
    await isOpen(second.jobId);
    gates.get(second.name)?.open();
    await jobWithStatus(service, second.jobId, 'completed');
  });

  it('makes none of those that a start had replaced which is cancelled while it waits', async () => {
    const { first, second, tenant } = await openAndWaiting(buildSite);
    const third = await start(buildSite, tenant);
    await waits(third.jobId);
    await act(service, third.jobId, 'cancel');
    gates.get(first.name)?.open();
    await until(async () => expect(await slots()).toEqual([]));
    expect((await rowOf(second.jobId)).outcome).toBe('replaced');
    expect(await status(third.jobId)).toBe('cancelled');
    expect(ran.map(({ name }) => name)).toEqual([first.name]);
  });

  it('lets an open run stand for a whole burst', async () => {
    const tenant = newName();
    const quiet = async (jobId: string): Promise<void> => {
      await until(async () => expect(await rowOf(jobId)).toMatchObject({ isHeld: true, limitKey: null }));
      await sql`UPDATE outbox SET settles_at = now() WHERE debounce_key IS NOT NULL`.execute(service.db);
    };
    const first = await start(importBurst, tenant);
    await quiet(first.jobId);
    await isOpen(first.jobId);
    const second = await start(importBurst, tenant);
    const third = await start(importBurst, tenant);
    await until(async () => expect((await rowOf(second.jobId)).outcome).toBe('replaced'));
    await quiet(third.jobId);
    await until(async () => {
      expect(await get(`/api/jobs/${third.jobId}`)).toMatchObject(replacedBy(first.jobId));
      expect(await get(`/api/jobs/${second.jobId}`)).toMatchObject(replacedBy(first.jobId));
    });
    gates.get(first.name)?.open();
    await jobWithStatus(service, first.jobId, 'completed');
  });

  it('keeps the start of an open run, which may stand for later ones, longer than others', async () => {
    const tenant = newName();
    const first = await start(importFeed, tenant);
    await isOpen(first.jobId);
    await until(async () => expect((await rowOf(first.jobId)).dispatchedAt).not.toBeNull());
    const clean = async (): Promise<unknown> => {
      await sql`UPDATE outbox SET dispatched_at = now() - interval '1 year' WHERE job_id = ${first.jobId}`.execute(
        service.db,
      );
      await deleteOldEntries(service.db, { OUTBOX_RETENTION: 3_600_000 }, 100);
      return service.db.selectFrom('outbox').select('id').where('jobId', '=', first.jobId).execute();
    };
    expect(await clean()).toHaveLength(1);
    const second = await start(importFeed, tenant);
    await until(async () => expect((await rowOf(second.jobId)).outcome).toBe('replaced'));
    gates.get(first.name)?.open();
    await until(async () => expect(await slots()).toEqual([]));
    // The other one still leads to it.
    expect(await clean()).toHaveLength(1);
    await sql`UPDATE outbox SET dropped_at = now() - interval '1 year' WHERE outcome = 'replaced'`.execute(
      service.db,
    );
    await clean();
    expect(await clean()).toEqual([]);
  });

  it('looks at more limits than a pass does in turn, and then rests', async () => {
    await sql`INSERT INTO outbox (job_type, job_id, input, is_held, limit_key, kept_key, next_attempt_at)
      SELECT 'buildSite', 'build-site:' || n, '{}', true, 'concurrency:unknown:' || n, 'concurrency:unknown:' || n, '2199-01-01'
      FROM generate_series(1, 1001) AS n`.execute(service.db);
    const own = new KeptStarts();
    expect(await settle(own)).toMatchObject({ settled: 0, more: true });
    expect(await settle(own)).toMatchObject({ settled: 0, more: false, nextAt: undefined });
    // It would never rest beside another that does so too.
    expect(await settle(own)).toMatchObject({ more: false, nextAt: expect.any(Date) as Date });
  });

  it(
    'loses nothing that several processes start at once: the newest runs, and one at a time',
    async () => {
      const tenant = newName();
      const names = Array.from({ length: 12 }, newName);
      const dispatchers = [1, 2].map(() => createDispatcher({ ...deps, timeoutMs: 10_000 }));
      const entries = [];
      for (const name of names)
        entries.push(
          await service.db.transaction().execute((trx) => enqueueStart(trx, buildSite, { name, tenant })),
        );
      for (const dispatcher of dispatchers) dispatcher.start(entries);
      const newest = entries.at(-1)?.jobId ?? '';
      await eventually(async () => {
        await Promise.all([relay(), relay(), pass(new LimitTurns()), pass(new LimitTurns())]);
        await service.db
          .updateTable('outbox')
          .set({ nextAttemptAt: new Date(0) })
          .where('isHeld', '=', false)
          .where('dispatchedAt', 'is', null)
          .where('droppedAt', 'is', null)
          .execute();
        expect(await status(newest)).toBe('completed');
      }, PATIENCE_OF_MANY_MS);
      await Promise.all(dispatchers.map((dispatcher) => dispatcher.drain()));
      await until(async () => expect(await slots()).toEqual([]));
      expect(Math.max(...ran.map((one) => one.open))).toBe(1);
      const rows = await service.db.selectFrom('outbox').select(['jobId', 'outcome']).execute();
      expect(rows.map(({ outcome }) => outcome).filter((outcome) => outcome !== 'replaced')).toHaveLength(
        ran.length,
      );
    },
    SLOW_MS,
  );
});

describe('debounce', () => {
  const HOUR_MS = 3_600_000;
  const startOf = (
    tenant: string,
    { name = newName(), ...options }: EnqueueOptions & { name?: string } = {},
    job: typeof reindexTenant | typeof publishPage | typeof warmCache = reindexTenant,
  ) => {
    return enqueue(program, job as typeof reindexTenant, { name, tenant }, options).then(({ jobId }) => ({
      jobId,
      name,
    }));
  };
  const rowsOf = (tenant: string) =>
    service.db
      .selectFrom('outbox')
      .selectAll()
      .where(sql<boolean>`input->>'tenant' = ${tenant}`)
      .orderBy('id')
      .execute();
  /** As if the key had been quiet for the rest of its period. */
  const becomeQuiet = (tenant: string) =>
    sql`UPDATE outbox SET settles_at = now() WHERE debounce_key LIKE '%:' || ${tenant}::text`.execute(
      service.db,
    );
  /** Makes passes of the relay until a start waits for its key to be quiet. */
  const isWaiting = (jobId: string) =>
    until(async () => expect(await rowOf(jobId)).toMatchObject({ isHeld: true, limitKey: null }));

  it('merges starts over REST, from code and by SQL into the newest, and shows what became of each', async () => {
    const tenant = newName();
    // The document of the shop does not have this job.
    const posted = await request(service.url, 'POST', '/api/jobs', {
      type: 'reindexTenant',
      input: { name: newName(), tenant },
    });
    expect(posted).toMatchObject({ status: 202, body: { started: null, runId: null } });
    const { jobId: first } = posted.body as { jobId: string };
    await isWaiting(first);
    const alone = await rowOf(first);
    expect(await why(first)).toMatchObject({
      code: 'waiting_for_quiet',
      sentence: expect.stringContaining(
        `if no other start of the key ${tenant} comes before, and at `,
      ) as string,
      nextAt: alone.settlesAt?.toISOString(),
      debounce: { key: tenant, replaced: 0 },
    });
    const second = await startOf(tenant);
    const name = newName();
    await sql`SELECT durable_jobs.enqueue('reindexTenant', jsonb_build_object('name', ${name}::text, 'tenant', ${tenant}::text))`.execute(
      service.db,
    );
    const third = `reindex-tenant:${name}`;
    await until(async () => expect((await rowOf(second.jobId)).outcome).toBe('replaced'));
    const merged = await rowOf(third);
    expect(merged).toMatchObject({ isHeld: true, mergeId: alone.id, nextAttemptAt: NEVER });
    expect(merged.settlesAt?.getTime()).toBeGreaterThanOrEqual(alone.settlesAt?.getTime() ?? NaN);
    expect(merged.settlesBy).toEqual(alone.settlesBy);
    expect(await why(third)).toMatchObject({ code: 'waiting_for_quiet', debounce: { replaced: 2 } });
    expect(await get(`/api/jobs/${third}`)).toMatchObject({
      status: 'waiting',
      plannedAttempts: [merged.settlesAt?.toISOString()],
      starts: [{ outcome: 'held' }],
    });
    for (const jobId of [first, second.jobId]) {
      expect(await get(`/api/jobs/${jobId}`)).toMatchObject({
        status: 'cancelled',
        failure: { code: 'start_replaced' },
        links: { replacedBy: `/api/jobs/${third}` },
        starts: [{ outcome: 'replaced' }],
      });
      expect(await why(jobId)).toMatchObject({ code: 'start_replaced', child: third });
    }
    const page = await fetch(`${service.url}/api/jobs/${first}`, {
      headers: { authorization: `Bearer ${LOCAL_API_KEY}`, accept: 'text/html' },
    });
    expect(await page.text()).toContain(`<a href="/api/jobs/${third}">${third}</a>`);
    expect(await service.request('DELETE', `/api/jobs/${first}`)).toMatchObject({ status: 409 });
    // No relay has it before its time.
    expect((await meetLimitsOnce(deps, turns, new KeptStarts())).nextAt).toEqual(merged.settlesAt);
    expect(await relay()).toMatchObject({ made: 0, nextAt: undefined });
    expect(ran).toEqual([]);
    await becomeQuiet(tenant);
    await until(async () => expect(await status(third)).toBe('completed'));
    expect(ran).toEqual([{ name, open: 1 }]);
    expect(await status(first)).toBe('cancelled');
  });

  it('waits no longer than the longest time after the first', async () => {
    const tenant = newName();
    const { jobId } = await startOf(tenant);
    await isWaiting(jobId);
    // Almost three hours later, in which others came.
    const latest = new Date(Date.now() + HOUR_MS / 2);
    await service.db.updateTable('outbox').set({ settlesBy: latest }).where('jobId', '=', jobId).execute();
    const last = await startOf(tenant);
    await isWaiting(last.jobId);
    expect(await rowOf(last.jobId)).toMatchObject({ settlesAt: latest, settlesBy: latest });
  });

  it('loses none of the starts that several processes merge at once, and makes one', async () => {
    const tenant = newName();
    const dispatchers = [0, 1].map(() => createDispatcher({ ...deps, timeoutMs: 5_000 }));
    const entries = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        const entry = await service.db
          .transaction()
          .execute((trx) => enqueueStart(trx, reindexTenant, { name: newName(), tenant }));
        // The process of every fifth dies after its commit.
        if (n % 5 !== 0) dispatchers[n % 2]?.start([entry]);
        return entry;
      }),
    );
    await sql`UPDATE outbox SET next_attempt_at = now() WHERE NOT is_held AND dropped_at IS NULL`.execute(
      service.db,
    );
    await until(async () => {
      await Promise.all([relay(), relay()]);
      const rows = await rowsOf(tenant);
      expect(rows.filter(({ outcome }) => outcome === 'replaced')).toHaveLength(entries.length - 1);
    });
    await Promise.all(dispatchers.map((dispatcher) => dispatcher.drain()));
    const rows = await rowsOf(tenant);
    const newest = Math.max(...entries.map(({ id }) => id));
    expect(rows.at(-1)).toMatchObject({ id: newest, isHeld: true, outcome: null });
    expect(new Set(rows.map(({ mergeId }) => mergeId)).size).toBe(1);
    await becomeQuiet(tenant);
    await until(async () => expect(await status(rows.at(-1)?.jobId ?? '')).toBe('completed'));
    expect(ran).toHaveLength(1);
  });

  it('keeps a start behind an earlier one of its job whose process died, until that one joins', async () => {
    const tenant = newName();
    const commit = () =>
      service.db.transaction().execute((trx) => enqueueStart(trx, publishPage, { name: newName(), tenant }));
    const dead = await commit();
    const next = await commit();
    const dispatcher = createDispatcher({ ...deps, timeoutMs: 5_000 });
    expect(await dispatcher.dispatch(next)).toBeUndefined();
    expect((await rowsOf(tenant)).map(({ isHeld }) => isHeld)).toEqual([false, false]);
    await sql`UPDATE outbox SET next_attempt_at = now() WHERE id = ${dead.id}`.execute(service.db);
    await isWaiting(next.jobId);
    expect((await rowsOf(tenant)).map(({ outcome }) => outcome)).toEqual(['replaced', null]);
  });

  it('tries starts again whose key another process has', async () => {
    const tenant = newName();
    const other = new pg.Client({ connectionString: service.databaseUrl });
    await other.connect();
    try {
      await other.query('BEGIN');
      await other.query(
        `SELECT pg_advisory_xact_lock(hashtextextended('debounce:reindexTenant:' || $1, 0))`,
        [tenant],
      );
      const { jobId } = await startOf(tenant);
      await relay();
      expect(await rowOf(jobId)).toMatchObject({ isHeld: false, outcome: null, settlesAt: null });
      await other.query('ROLLBACK');
      await isWaiting(jobId);
    } finally {
      await other.end();
    }
  });

  it('does not merge a start into one that would expire before it', async () => {
    const tenant = newName();
    const lasting = await startOf(tenant);
    await isWaiting(lasting.jobId);
    const expiring = await startOf(tenant, { expiresIn: '2h' });
    await isWaiting(expiring.jobId);
    expect(await rowOf(expiring.jobId)).toMatchObject({ expiresAt: null });
    const others = newName();
    const longer = await startOf(others, { expiresIn: '4h' });
    await isWaiting(longer.jobId);
    const { expiresAt } = await rowOf(longer.jobId);
    const shorter = await startOf(others, { expiresIn: '2h' });
    await isWaiting(shorter.jobId);
    expect(await rowOf(shorter.jobId)).toMatchObject({ expiresAt });
  });

  it('lets what waits be cancelled and rescheduled, and starts a new period for what comes after', async () => {
    const tenant = newName();
    const cancelled = await startOf(tenant);
    await isWaiting(cancelled.jobId);
    await act(service, cancelled.jobId, 'cancel');
    expect(await status(cancelled.jobId)).toBe('cancelled');
    const moved = await startOf(tenant);
    await isWaiting(moved.jobId);
    await moveToSoon(service, moved.jobId);
    const next = await startOf(tenant);
    await until(async () => expect(await status(moved.jobId)).toBe('completed'));
    await isWaiting(next.jobId);
    const [first, ...others] = (await rowsOf(tenant)).map(({ mergeId }) => mergeId);
    expect(others).not.toContain(first);
    expect(new Set(others).size).toBe(2);
  });

  it('has a start join when its time has come, or what it waits for has ended', async () => {
    const tenant = newName();
    const { jobId } = await startOf(tenant);
    const later = await startOf(tenant, { delay: '2h' });
    const following = await startOf(tenant, { after: { job: jobId } });
    await isWaiting(jobId);
    expect(await rowOf(later.jobId)).toMatchObject({ isHeld: false, outcome: null, settlesAt: null });
    expect(await status(later.jobId)).toBe('scheduled');
    await sql`UPDATE outbox SET start_at = now(), next_attempt_at = now() WHERE job_id = ${later.jobId}`.execute(
      service.db,
    );
    await isWaiting(later.jobId);
    expect((await rowOf(jobId)).outcome).toBe('replaced');
    await becomeQuiet(tenant);
    // It waited for the first, for which the second stands.
    await until(async () => {
      await service.db
        .updateTable('awaitedJobs')
        .set({ nextCheckAt: new Date(0) })
        .execute();
      await watchEndsOnce(deps);
      expect(await rowOf(following.jobId)).toMatchObject({
        isHeld: true,
        debounceKey: `reindexTenant:${tenant}`,
      });
    });
    expect(await status(later.jobId)).toBe('completed');
  });

  it('counts the run that stands for a replaced start of a group', async () => {
    const tenant = newName();
    const groupId = newName();
    const names = [newName(), newName()];
    for (const name of names)
      await sql`SELECT durable_jobs.enqueue('reindexTenant', jsonb_build_object('name', ${name}::text, 'tenant', ${tenant}::text),
        group_id => ${groupId})`.execute(service.db);
    await sql`SELECT durable_jobs.complete_group(${groupId}, 'callApi', jsonb_build_object('name', ${groupId}::text, 'tenant', ${groupId}::text))`.execute(
      service.db,
    );
    await isWaiting(`reindex-tenant:${names[1]}`);
    await becomeQuiet(tenant);
    await until(async () => {
      await service.db
        .updateTable('awaitedJobs')
        .set({ nextCheckAt: new Date(0) })
        .execute();
      await watchEndsOnce(deps);
      expect(await get(`/api/groups/${groupId}`)).toMatchObject({
        counts: { total: 2, completed: 2, notStarted: 0 },
      });
    });
    expect(ran).toHaveLength(1);
  });

  it('takes the slots of limits afterwards, and then waits for its turn like any other', async () => {
    const tenant = newName();
    const first = await startOf(tenant, {}, publishPage);
    gates.set(first.name, gate());
    await isWaiting(first.jobId);
    expect(await slots()).toEqual([]);
    await becomeQuiet(tenant);
    await isOpen(first.jobId);
    const second = await startOf(tenant, {}, publishPage);
    await until(async () => expect((await rowOf(second.jobId)).debounceKey).toBe(`publishPage:${tenant}`));
    await becomeQuiet(tenant);
    await until(async () => expect((await rowOf(second.jobId)).limitKey).not.toBeNull());
    expect(await why(second.jobId)).not.toMatchObject({ code: 'waiting_for_quiet' });
    // A later one waits until its own period is over.
    const third = await startOf(tenant, {}, publishPage);
    await until(async () => expect((await rowOf(third.jobId)).debounceKey).not.toBeNull());
    gates.get(first.name)?.open();
    await until(() => expect(ran.map(({ name }) => name)).toEqual([first.name, second.name]));
    expect((await rowOf(third.jobId)).debounceKey).not.toBeNull();
  });

  it('makes the newest replaced start of another job if the one that stands for it turns out to exist', async () => {
    const tenant = newName();
    const made = await startOf(tenant, {}, warmCache);
    await isWaiting(made.jobId);
    await becomeQuiet(tenant);
    await until(async () => expect(await status(made.jobId)).toBe('completed'));
    const replaced = await startOf(tenant, {}, warmCache);
    await isWaiting(replaced.jobId);
    const following = await enqueue(
      program,
      callApi,
      { name: newName(), tenant: newName() },
      { after: { job: replaced.jobId } },
    );
    const existing = await startOf(tenant, { name: made.name }, warmCache);
    await isWaiting(existing.jobId);
    expect((await rowOf(replaced.jobId)).outcome).toBe('replaced');
    // It is kept while it may still be made.
    // Its own expiry does not count: it was to expire with the one that replaced it.
    await sql`UPDATE outbox SET dropped_at = now() - interval '1 year', expires_at = now() - interval '1 minute'
      WHERE outcome = 'replaced'`.execute(service.db);
    await deleteOldEntries(service.db, { OUTBOX_RETENTION: HOUR_MS }, 100);
    expect((await rowOf(replaced.jobId)).outcome).toBe('replaced');
    await becomeQuiet(tenant);
    await until(async () => {
      await service.db
        .updateTable('awaitedJobs')
        .set({ nextCheckAt: new Date(0) })
        .execute();
      await watchEndsOnce(deps);
      expect(await status(following.jobId)).toBe('completed');
    });
    expect(ran.map(({ name }) => name)).toEqual([made.name, replaced.name]);
    expect((await rowOf(existing.jobId)).outcome).toBe('exists');
  });

  it(
    'is not merged again with an equal start that waits, as others wait for its end',
    async () => {
      const tenant = newName();
      const name = newName();
      gates.set(name, gate());
      const startEqual = () => startOf(tenant, { name }, publishPage);
      const settleNewest = async (): Promise<number> => {
        const { jobId } = await startEqual();
        await until(async () =>
          expect(await rowOf(jobId)).toMatchObject({ debounceKey: `publishPage:${tenant}` }),
        );
        await becomeQuiet(tenant);
        await until(async () =>
          expect(await rowOf(jobId)).toMatchObject({ debounceKey: null, isHeld: true }),
        );
        return (await rowOf(jobId)).id;
      };
      const { jobId } = await startEqual();
      await isWaiting(jobId);
      await becomeQuiet(tenant);
      await isOpen(jobId);
      await settleNewest();
      await startEqual();
      await isWaiting(jobId);
      const following = await enqueue(program, callApi, { name, tenant }, { after: { job: jobId } });
      const newest = await settleNewest();
      expect(await rowOf(jobId)).toMatchObject({ id: newest, outcome: null });
      gates.get(name)?.open();
      await until(async () => {
        await service.db
          .updateTable('awaitedJobs')
          .set({ nextCheckAt: new Date(0) })
          .execute();
        await watchEndsOnce(deps);
        expect(await status(following.jobId)).toBe('completed');
      }, PATIENCE_OF_MANY_MS);
      expect(ran).toHaveLength(3);
    },
    SLOW_MS,
  );

  it('takes no slot before its key is quiet, although a start beside it has a key that is not valid', async () => {
    const [tenant, other] = [newName(), newName()];
    const [entry, invalid] = await service.db
      .transaction()
      .execute(
        async (trx) =>
          [
            await enqueueStart(trx, publishPage, { name: newName(), tenant }),
            await enqueueStart(trx, reindexTenant, { name: newName(), tenant: other }),
          ] as const,
      );
    await sql`UPDATE outbox SET input = jsonb_set(input, '{tenant}', '""') WHERE id = ${invalid.id}`.execute(
      service.db,
    );
    await service.db
      .updateTable('outbox')
      .set({ nextAttemptAt: new Date(0) })
      .execute();
    await relay();
    expect(await rowOf(entry.jobId)).toMatchObject({ debounceKey: `publishPage:${tenant}`, limitKey: null });
    expect(await slots()).toEqual([]);
    expect(await rowOf(invalid.jobId)).toMatchObject({ outcome: 'dead', deadCode: 'invalid_limit' });
  });

  it('makes a retry at once, and one start for a key of the caller', async () => {
    const tenant = newName();
    const dedupeKey = newName();
    const { name, jobId } = await startOf(tenant, { dedupeKey });
    failing.add(name);
    await startOf(tenant, { dedupeKey });
    expect(await rowsOf(tenant)).toHaveLength(1);
    await isWaiting(jobId);
    await becomeQuiet(tenant);
    await until(async () => expect(await status(jobId)).toBe('failed'));
    await act(service, jobId, 'retry');
    await until(async () => expect(await status(jobId)).toBe('completed'));
  });
});

it('refuses a key that a definition derives and that is not valid, in SQL as a dead start', async () => {
  const response = await service.request('POST', '/api/jobs', {
    type: 'syncTenant',
    input: { name: newName(), tenant: '' },
  });
  expect(response).toMatchObject({ status: 400 });
  expect(JSON.stringify(response.body)).toContain('concurrency.key must not be empty');
  const name = newName();
  await sql`SELECT durable_jobs.enqueue('syncTenant', jsonb_build_object('name', ${name}::text, 'tenant', ''))`.execute(
    service.db,
  );
  await relay();
  expect(await service.db.selectFrom('outbox').selectAll().executeTakeFirstOrThrow()).toMatchObject({
    outcome: 'dead',
    deadCode: 'invalid_limit',
  });
});

/** Completes the next workflow task of the queue that the test polls. */
async function respond(...commands: proto.temporal.api.command.v1.ICommand[]): Promise<void> {
  const { namespace } = service.client.options;
  const { workflowService } = service.client;
  await eventually(async () => {
    const { taskToken } = await service.client.withDeadline(Date.now() + 30_000, () =>
      workflowService.pollWorkflowTaskQueue({
        namespace,
        taskQueue: { name: walkByHand.taskQueue },
        identity: 'test',
      }),
    );
    expect(taskToken).not.toHaveLength(0);
    await workflowService.respondWorkflowTaskCompleted({ namespace, taskToken, identity: 'test', commands });
  }, 120_000);
}
