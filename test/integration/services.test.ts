import { sendWelcomeEmail } from '../../contracts/jobs/send-welcome-email.ts';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import pg from 'pg';
import { pino } from 'pino';
import proto from '@temporalio/proto';
import { expect, it, vi } from 'vitest';
import {
  lookForDeadRuns,
  type DeadRunDeps,
} from '../../packages/durable-jobs/src/hosted-services/release-dead-runs.ts';
import type { HostedService } from '../../packages/durable-jobs/src/hosted-services/hosted-service.ts';
import type { ServiceView } from '../../packages/durable-jobs/src/hosted-services/read-services.ts';
import { renewServiceSignal } from '../../packages/durable-jobs/src/hosted-services/signals.ts';
import { processIdentity } from '../../packages/durable-jobs/src/process/identity.ts';
import { enqueueStart } from '../../packages/durable-jobs/src/jobs/outbox/enqueue.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { recordHistory } from '../support/record-history.ts';
import { runService } from '../support/service-scope.ts';
import { useService } from '../support/service.ts';

// The other services are run by these tests themselves.
const service = useService({ hostedServices: ['outbox-relay'] });

async function view(id: string): Promise<ServiceView> {
  const { status, body } = await service.request('GET', `/api/services/${id}`);
  expect(status).toBe(200);
  return body as ServiceView;
}

const inState = (id: string, state: ServiceView['state']): Promise<ServiceView> =>
  eventually(async () => {
    const found = await view(id);
    expect(found.state).toBe(state);
    return found;
  });

/** Commits the start of a welcome email, like a process that dies right afterwards, long enough ago for the relay. */
async function commitStart(): Promise<string> {
  const { jobId } = await service.db.transaction().execute(async (trx) => {
    const { id: userId } = await trx
      .insertInto('users')
      .values({ email: `ada-${randomUUID()}@example.com`, name: 'Ada', passwordHash: '' })
      .returning('id')
      .executeTakeFirstOrThrow();
    return enqueueStart(trx, sendWelcomeEmail, { userId });
  });
  await service.db
    .updateTable('outbox')
    .set({ nextAttemptAt: new Date(0) })
    .where('jobId', '=', jobId)
    .execute();
  return jobId;
}

/** The behavior of a service of a test. */
const doing = (run: HostedService['run']): HostedService => ({ run });

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** The number of database sessions of a service of this test's database. */
async function sessionsOf(id: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = ${`durable-jobs-service-${id}`}`.execute(
    service.db,
  );
  return rows[0]?.count ?? 0;
}

/** Ends the database session of a service of this test's database. */
async function cutSession(id: string): Promise<void> {
  const client = new pg.Client({ connectionString: service.databaseUrl });
  await client.connect();
  try {
    await client.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1',
      [`durable-jobs-service-${id}`],
    );
  } finally {
    await client.end();
  }
}

it('abandons a run that does not end when it is told to, so that another worker takes the service over', async () => {
  const begun: string[] = [];
  const stuck = runService(
    'stuck',
    doing(() => {
      begun.push('stuck');
      return new Promise(() => undefined);
    }),
    service,
  );
  await eventually(() => expect(begun).toEqual(['stuck']));
  const next = runService(
    'stuck',
    doing(async ({ signal }) => {
      begun.push('next');
      await untilAborted(signal);
    }),
    { ...service, worker: 'another' },
  );
  try {
    await expect(stuck.stop()).rejects.toThrow(
      'the service did not end within 15 s after it was told to stop',
    );
    await eventually(() => expect(begun).toEqual(['stuck', 'next']));
  } finally {
    await next.stop();
  }
});

it('runs a service, and reports where, since when and what it has done', async () => {
  const before = await inState('outbox-relay', 'running');
  expect(before).toMatchObject({ worker: processIdentity, lastError: null, pausedAt: null });
  expect(Date.parse(before.since ?? '')).toBeLessThanOrEqual(Date.now() + 1_000);
  await jobWithStatus(service, await commitStart(), 'completed');
  await eventually(async () => {
    const after = await view('outbox-relay');
    expect(after.processed).toBe(before.processed + 1);
    expect(after.busy).toBe(false);
    expect(after.lastActivityAt).not.toBeNull();
  });
  const { body } = await service.request('GET', '/api/services');
  expect((body as { items: ServiceView[] }).items.map(({ id }) => id)).toContain('outbox-relay');
});

it('pauses a service until it is resumed, and then starts the work that arrived meanwhile', async () => {
  await inState('outbox-relay', 'running');
  const handle = service.client.workflow.getHandle('host-service:outbox-relay');
  const before = await handle.describe();
  const paused = await service.request('POST', '/api/services/outbox-relay/pause');
  expect(paused.status).toBe(202);
  expect((await inState('outbox-relay', 'paused')).pausedAt).not.toBeNull();
  await recordHistory(service, 'host-service:outbox-relay', 'paused', before.runId);
  const { runId } = await handle.describe();

  const jobId = await commitStart();
  await delay(3_000);
  const entry = await service.db
    .selectFrom('outbox')
    .select('dispatchedAt')
    .where('jobId', '=', jobId)
    .executeTakeFirstOrThrow();
  expect(entry.dispatchedAt).toBeNull();

  // A rotation of payload keys makes it continue in a new run; it stays paused.
  await handle.signal(renewServiceSignal);
  const renewed = await eventually(async () => {
    const description = await handle.describe();
    expect(description.runId).not.toBe(runId);
    return description;
  });
  await recordHistory(service, 'host-service:outbox-relay', 'renewed', runId);
  await inState('outbox-relay', 'paused');

  expect((await service.request('POST', '/api/services/outbox-relay/pause')).status).toBe(202);
  expect((await service.request('POST', '/api/services/outbox-relay/resume')).status).toBe(202);
  await jobWithStatus(service, jobId, 'completed');
  expect(await inState('outbox-relay', 'running')).toMatchObject({ pausedAt: null });
  await recordHistory(service, 'host-service:outbox-relay', 'resumed', renewed.runId);
});

it('knows no other services', async () => {
  expect(await service.request('GET', '/api/services/mining')).toMatchObject({
    status: 404,
    body: { code: 'not_found' },
  });
  expect((await service.request('POST', '/api/services/mining/pause')).status).toBe(404);
});

it('lets one run of a service work at a time, and the next one when that has ended', async () => {
  const seen: string[] = [];
  const work = (name: string) =>
    doing(async ({ signal }) => {
      seen.push(`${name} begins`);
      await untilAborted(signal);
      await delay(200);
      seen.push(`${name} ends`);
    });
  const first = runService('continuations', work('first'), { ...service, worker: 'one' });
  await eventually(() => expect(seen).toEqual(['first begins']));
  const second = runService('continuations', work('second'), { ...service, worker: 'two' });
  await delay(1_500);
  expect(await view('continuations')).toMatchObject({ worker: 'one', state: 'running' });
  await first.stop();
  await eventually(() => expect(seen).toEqual(['first begins', 'first ends', 'second begins']));
  await eventually(async () =>
    expect(await view('continuations')).toMatchObject({ worker: 'two', state: 'running' }),
  );
  await second.stop();
  await eventually(async () =>
    expect(await view('continuations')).toMatchObject({
      worker: 'two',
      state: 'waiting_for_worker',
      since: null,
    }),
  );
});

it('ends a run whose session the database ended, and another takes over', async () => {
  const begun: string[] = [];
  const work = (name: string) =>
    doing(async ({ signal }) => {
      begun.push(name);
      await untilAborted(signal);
    });
  const first = runService('work-queue', work('first'), service);
  await eventually(() => expect(begun).toEqual(['first']));
  const second = runService('work-queue', work('second'), service);
  await eventually(async () => expect(await sessionsOf('work-queue')).toBe(2));
  await cutSession('work-queue');
  await expect(first.ended).rejects.toThrow('the lock that lets this worker run the service was lost');
  // The second one waited on a separate session, which was also cut.
  await expect(second.ended).rejects.toThrow();
  const third = runService('work-queue', work('third'), service);
  await eventually(() => expect(begun).toEqual(['first', 'third']));
  await third.stop();
});

it('wakes a service at a notification, including one that arrived while it was working', async () => {
  const rounds: number[] = [];
  const notify = (): Promise<unknown> =>
    service.db
      .selectNoFrom((eb) => eb.fn('pg_notify', [eb.val('work_items'), eb.val('')]).as('sent'))
      .execute();
  const running = runService(
    'work-queue',
    doing(async ({ signal, wait }) => {
      while (!signal.aborted) {
        rounds.push(Date.now());
        if (rounds.length === 1) {
          await notify();
          await delay(500);
        }
        await wait(600_000);
      }
    }),
    service,
  );
  await eventually(() => expect(rounds).toHaveLength(2));
  await notify();
  await eventually(() => expect(rounds).toHaveLength(3));
  await running.stop();
  expect(rounds).toHaveLength(3);
});

it('continues after a unit that failed, and shows the error', async () => {
  const before = await view('work-queue');
  const running = runService(
    'work-queue',
    doing(async ({ signal, unit }) => {
      await unit({ itemId: 1 }, () => Promise.reject(new Error('the first item is broken')));
      await unit({ itemId: 2 }, () => Promise.resolve('done'));
      await untilAborted(signal);
    }),
    service,
  );
  await eventually(async () => {
    expect(await view('work-queue')).toMatchObject({
      processed: before.processed + 1,
      failed: before.failed + 1,
      lastError: { message: 'the first item is broken' },
    });
  });
  await running.stop();
});

it('is renewed if the engine hands its attempt to no worker, after ever longer times', async () => {
  const { PENDING_ACTIVITY_STATE_SCHEDULED: queued, PENDING_ACTIVITY_STATE_STARTED: running } =
    proto.temporal.api.enums.v1.PendingActivityState;
  let activity = { activityId: '1', attempt: 31, state: queued };
  const renewed: number[] = [];
  const client = {
    withDeadline: (_: number, call: () => unknown) => call(),
    workflow: {
      getHandle: (_id: string, runId?: string) => ({
        describe: () => Promise.resolve({ runId: 'run-1', raw: { pendingActivities: [activity] } }),
        signal: (signal: unknown) => {
          expect([runId, signal]).toEqual(['run-1', renewServiceSignal]);
          renewed.push(at);
          return Promise.resolve();
        },
      }),
    },
    activity: { fail: () => Promise.resolve() },
  } as unknown as DeadRunDeps['client'];
  const look = lookForDeadRuns({ db: service.db, client, logger: pino({ level: 'silent' }) }, ['never-run']);
  let at = 0;
  const lookUntil = async (end: number): Promise<void> => {
    for (; at < end; at += 20) {
      const clock = vi.spyOn(performance, 'now').mockReturnValue(at * 1_000);
      await look().finally(() => clock.mockRestore());
    }
  };
  await lookUntil(500);
  // A minute after it was first seen at the end of a free lock's patience, and four minutes after that.
  expect(renewed).toEqual([80, 320]);
  // One that a worker receives, or that is another, begins again.
  activity = { ...activity, state: running };
  await lookUntil(600);
  activity = { ...activity, attempt: 32, state: queued };
  await lookUntil(640);
  activity = { ...activity, attempt: 33 };
  await lookUntil(700);
  expect(renewed).toEqual([80, 320]);
  await lookUntil(800);
  expect(renewed).toEqual([80, 320, 700]);
});

it('restarts when an operator terminates its workflow', async () => {
  const { since } = await inState('outbox-relay', 'running');
  await service.client.workflow.getHandle('host-service:outbox-relay').terminate('a test');
  // Its run receives it with its next heartbeat, within half a minute.
  await eventually(async () => {
    const now = await view('outbox-relay');
    // A worker restarts it within a minute; if it has done so by then, the next run takes over at once.
    if (now.state === 'running') expect(now.since).not.toBe(since);
    else expect(now.state).toBe('waiting_for_worker');
  }, 120_000);
  // This test does not wait for a worker.
  await service.request('POST', '/api/services/outbox-relay/resume');
  await inState('outbox-relay', 'running');
});
