import { randomUUID } from 'node:crypto';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { sql } from 'kysely';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createErasureActivities } from '../../activities/erasure.ts';
import type { Db } from '../../domain/database/schema.ts';
import { openTestDatabase } from '../support/database.ts';

const ORDERS = 230;

let db: Db;

beforeAll(async () => {
  const database = await openTestDatabase();
  ({ db } = database);
  return database.close;
});

const input = { userId: '', accountKey: 'f'.repeat(32) };
let orderIds: string[] = [];

beforeEach(async () => {
  const { id } = await db
    .insertInto('users')
    .values({ email: `${randomUUID()}@example.com`, name: 'Ada', passwordHash: '!' })
    .returning('id')
    .executeTakeFirstOrThrow();
  input.userId = id;
  // Many at the same time: paging has to distinguish them by their ids.
  const { rows } = await sql<{ id: string }>`
    INSERT INTO orders (user_id, currency, amount_minor, created_at)
    SELECT ${id}, 'eur', 100, now() - (i % 3) * interval '1 hour' FROM generate_series(1, ${ORDERS}::integer) AS i
    RETURNING id`.execute(db);
  orderIds = rows.map((row) => row.id);
});

/** An engine in which the jobs of `open` run, and which is unavailable at the call `failAt`. It records which jobs it was called for. */
function engine(open: ReadonlySet<string>, failAt = Number.POSITIVE_INFINITY) {
  const seen = { described: [] as string[], cancelled: [] as string[], deadlines: 0, atOnce: 0 };
  let underWay = 0;
  const client = {
    withDeadline: (_deadline: number, call: () => Promise<unknown>) => {
      seen.deadlines++;
      return call();
    },
    workflow: {
      getHandle: (jobId: string) => ({
        describe: async () => {
          seen.described.push(jobId);
          const isAway = seen.described.length >= failAt;
          seen.atOnce = Math.max(seen.atOnce, ++underWay);
          await new Promise(setImmediate);
          underWay--;
          if (isAway) throw new Error('the engine is away');
          if (!open.has(jobId)) throw new WorkflowNotFoundError('none', jobId, undefined);
          return { status: { name: 'RUNNING' }, runId: 'run' };
        },
        cancel: () => Promise.resolve(seen.cancelled.push(jobId)),
      }),
    },
  } as unknown as Client;
  return { client, seen };
}

/** Runs an attempt, and returns its last heartbeat. */
async function attempt(client: Client, heartbeatDetails: unknown) {
  const env = new MockActivityEnvironment({ heartbeatDetails });
  let last = heartbeatDetails;
  env.on('heartbeat', (details: unknown) => (last = details));
  const activities = createErasureActivities({ db, temporal: client });
  const result = await env.run(() => activities.endJobsOfSubject(input)).catch((error: unknown) => error);
  return { result, last };
}

describe('the jobs of a person with many orders', () => {
  it('are checked from where the previous attempt stopped, and none is counted twice or missed', async () => {
    const unmade = `process-order:${orderIds[1] ?? ''}`;
    await db
      .insertInto('outbox')
      .values({ jobType: 'processOrder', jobId: unmade, input: '{}', nextAttemptAt: new Date() })
      .execute();
    const open = new Set([
      `send-welcome-email:${input.userId}`,
      ...orderIds.filter((_id, index) => index % 10 === 0).map((id) => `process-order:${id}`),
      ...orderIds.filter((_id, index) => index % 20 === 0).map((id) => `return-payment:${id}`),
    ]);

    const first = engine(open, 300);
    const failed = await attempt(first.client, undefined);
    expect(failed.result).toMatchObject({ message: 'the engine is away' });
    const second = engine(open);
    const done = await attempt(second.client, failed.last);
    // Running jobs, and the start that is not made yet.
    expect(done.result).toEqual({ open: open.size + 1 });

    const all = 2 + ORDERS * 2;
    const { described } = second.seen;
    expect(described.length).toBeLessThan(all - 150);
    expect(new Set(described).size).toBe(described.length);
    expect(new Set([...first.seen.described, ...described]).size).toBe(all);
    expect(new Set([...first.seen.cancelled, ...second.seen.cancelled])).toEqual(open);
    expect(second.seen.deadlines).toBe(described.length);
    expect(second.seen.atOnce).toBeGreaterThan(1);
    expect(second.seen.atOnce).toBeLessThanOrEqual(10);
  });

  it('are counted once when an attempt is lost after its last step', async () => {
    const open = new Set(orderIds.map((id) => `process-order:${id}`));
    const whole = await attempt(engine(open).client, undefined);
    expect(whole.result).toEqual({ open: ORDERS });
    const repeat = engine(open);
    expect((await attempt(repeat.client, whole.last)).result).toEqual({ open: ORDERS });
    expect(repeat.seen.described).toEqual([]);
  });

  it('leave no trace, however many there are', async () => {
    const traces = orderIds.map((id) => ({
      jobType: 'processOrder',
      jobId: `process-order:${id}`,
      input: '{}',
      nextAttemptAt: new Date(),
      dispatchedAt: new Date(),
    }));
    await db.insertInto('outbox').values(traces).execute();
    const activities = createErasureActivities({ db, temporal: engine(new Set()).client });
    const steps: unknown[] = [];
    const env = new MockActivityEnvironment();
    env.on('heartbeat', (details: unknown) => steps.push(details));
    expect(await env.run(() => activities.destroySubject(input))).toEqual({ destroyedKeys: 0 });
    expect(steps.length).toBeGreaterThan(4);
    expect(
      await db
        .selectFrom('outbox')
        .select('id')
        .where(
          'jobId',
          'in',
          traces.map(({ jobId }) => jobId),
        )
        .execute(),
    ).toEqual([]);
  });
});
