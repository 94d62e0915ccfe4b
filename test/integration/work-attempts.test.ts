import { getEventListeners } from 'node:events';
import { sql, type Kysely } from 'kysely';
import { pino } from 'pino';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Database } from '../../domain/database/schema.ts';
import type { Trx } from '../../packages/durable-jobs/src/database/connect.ts';
import { noteDatabaseError } from '../../packages/durable-jobs/src/database/unavailable.ts';
import {
  attempt,
  DatabaseLostError,
  resultJson,
  untilAborted,
} from '../../packages/durable-jobs/src/work-queue/attempt.ts';
import { attemptAll, isBatched, type BatchedKind } from '../../packages/durable-jobs/src/work-queue/batch.ts';
import {
  defineWorkItem,
  type WorkContext,
  type WorkItemDefinition,
} from '../../packages/durable-jobs/src/work-queue/define-work-item.ts';
import { enqueueWork } from '../../packages/durable-jobs/src/work-queue/enqueue.ts';
import { LeaseLostError, WorkError } from '../../packages/durable-jobs/src/work-queue/errors.ts';
import { createWorkKinds } from '../../packages/durable-jobs/src/work-queue/work-kinds.ts';
import {
  createWorkQueue,
  type ClaimedWork,
  type Completion,
  type WorkQueue,
} from '../../packages/durable-jobs/src/work-queue/work-queue.ts';
import { openTestDatabase } from '../support/database.ts';

const declared = {
  kind: 'note-number',
  description: 'Returns its number.',
  payload: z.object({ number: z.number() }),
};
const logger = pino({ level: 'silent' });

let db: Kysely<Database>;
let queue: WorkQueue;
/** Completions outside of transactions. */
let completions: Completion[];

beforeAll(async () => {
  const database = await openTestDatabase();
  ({ db } = database);
  await sql`CREATE TABLE durable_jobs.noted (number integer)`.execute(db);
  queue = createWorkQueue({ db, kinds: [defineWorkItem(declared)], leaseMs: 30_000 });
  return database.close;
});
beforeEach(async () => {
  completions = [];
  await sql`TRUNCATE noted`.execute(db);
  await db.deleteFrom('workItems').execute();
});

/** Enqueues and claims items with the numbers from 1. */
async function claim(count: number): Promise<ClaimedWork[]> {
  for (let number = 1; number <= count; number++) await enqueueWork(db, defineWorkItem(declared), { number });
  return queue.getNext(count);
}

/** The items as they are stored. */
const stored = () =>
  db.selectFrom('workItems').select(['status', 'result']).orderBy('dueAt').orderBy('id').execute();

/** An effect, in the transaction of its item. */
const note = (trx: Trx, number: number): Promise<unknown> =>
  sql`INSERT INTO noted VALUES (${number})`.execute(trx);

/** The effects that were committed. */
async function noted(): Promise<number[]> {
  const { rows } = await sql<{ number: number }>`SELECT number FROM noted ORDER BY number`.execute(db);
  return rows.map(({ number }) => number);
}

/** Gives an item to another worker, as far as a transaction sees. */
const steal = (trx: Trx, id: string) =>
  trx
    .updateTable('workItems')
    .set({ leaseToken: sql`gen_random_uuid()` })
    .where('id', '=', id)
    .execute();

const contextOf = (workItemId: string, signal = new AbortController().signal): WorkContext => ({
  workItemId,
  attempt: 1,
  signal,
  logger,
});

/** Runs an attempt of a newly claimed item. */
async function attemptOne(
  definition: WorkItemDefinition,
  { payload, attempt: number }: Partial<Pick<ClaimedWork, 'payload' | 'attempt'>> = {},
): Promise<void> {
  const [item] = await claim(1);
  if (!item) throw new Error('nothing was claimed');
  await attempt(
    {
      db,
      queue,
      kinds: createWorkKinds([definition]),
      complete: (completion) => {
        completions.push(completion);
        return Promise.resolve();
      },
    },
    { ...item, ...(payload !== undefined && { payload }), ...(number !== undefined && { attempt: number }) },
    contextOf(item.lease.id),
  );
}

/** A kind whose items note their numbers; `then` is called in their transactions. */
const noting = (then = (_trx: Trx, _id: string): Promise<unknown> => Promise.resolve()) =>
  defineWorkItem({
    ...declared,
    async apply(trx, { number }, { workItemId }) {
      await note(trx, number);
      await then(trx, workItemId);
      return { number };
    },
  });

/** An error of the database that shows that it is shutting down. */
function outage(): Error {
  const error = Object.assign(new Error('terminating connection'), { code: '57P01' });
  noteDatabaseError(error);
  return error;
}

describe('an attempt', () => {
  it('with a transaction commits the result with the effects', async () => {
    await attemptOne(noting());
    expect(await stored()).toEqual([{ status: 'completed', result: { number: 1 } }]);
    expect(await noted()).toEqual([1]);
  });

  it('commits nothing if its item is no longer its own', async () => {
    const stolen = noting(steal);
    await expect(attemptOne(stolen)).rejects.toBeInstanceOf(LeaseLostError);
    expect((await stored()).map(({ status }) => status)).toEqual(['running']);
    expect(await noted()).toEqual([]);
  });

  it('without a transaction is completed separately', async () => {
    await attemptOne(defineWorkItem({ ...declared, perform: ({ number }) => Promise.resolve({ number }) }));
    expect(completions).toMatchObject([{ result: '{"number":1}' }]);
  });

  it('says that the database was lost if that is why work outside of a transaction failed', async () => {
    const cause = outage();
    const lost = defineWorkItem({ ...declared, perform: () => Promise.reject(cause) });
    const error: unknown = await attemptOne(lost).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DatabaseLostError);
    expect(error).toMatchObject({ name: 'DatabaseLostError', message: 'terminating connection', cause });
    expect(completions).toEqual([]);
  });

  it('throws any other failure of such work as it is', async () => {
    const failure = new Error('the other service is away');
    const failing = defineWorkItem({ ...declared, perform: () => Promise.reject(failure) });
    await expect(attemptOne(failing)).rejects.toBe(failure);
  });

  it('is refused permanently if the payload is not valid', async () => {
    const definition = defineWorkItem({ ...declared, perform: () => Promise.resolve(undefined) });
    const error: unknown = await attemptOne(definition, { payload: {} }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WorkError);
    expect(error).toMatchObject({ code: 'invalid_payload', permanent: true });
  });

  it('is not begun if workers died in more attempts than the policy has', async () => {
    let runs = 0;
    const definition = defineWorkItem({
      ...declared,
      policy: { maximumAttempts: 2 },
      perform: () => {
        runs++;
        return Promise.resolve(undefined);
      },
    });
    await attemptOne(definition, { attempt: 2 });
    expect(runs).toBe(1);
    const error: unknown = await attemptOne(definition, { attempt: 3 }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'worker_lost',
      message: 'Workers ended during its attempts too often.',
      permanent: true,
    });
    expect(runs).toBe(1);
  });

  it('fails if its kind has no code', async () => {
    await expect(attemptOne(defineWorkItem(declared))).rejects.toThrow(
      'the work item kind note-number has no code to run',
    );
  });
});

describe('a result', () => {
  it.each([
    [undefined, null],
    [null, null],
    [{ number: 1 }, '{"number":1}'],
  ])('%j is stored as %j', (result, json) => {
    expect(resultJson(result)).toBe(json);
  });
});

describe('work that is given up when a signal aborts', () => {
  const never = new Promise<never>(() => undefined);

  it('is given up for the reason of the signal', async () => {
    const stopping = new AbortController();
    const reason = new Error('the worker stops');
    const given = untilAborted(never, stopping.signal);
    stopping.abort(reason);
    await expect(given).rejects.toBe(reason);
    expect(getEventListeners(stopping.signal, 'abort')).toEqual([]);
  });

  it('is given up at once if the signal has aborted already, whatever its reason', async () => {
    await expect(untilAborted(never, AbortSignal.abort('no error'))).rejects.toThrow(
      'the attempt was aborted',
    );
  });

  it('leaves nothing behind on the signal', async () => {
    const { signal } = new AbortController();
    expect(await untilAborted(Promise.resolve(1), signal)).toBe(1);
    await expect(untilAborted(Promise.reject(new Error('failed')), signal)).rejects.toThrow('failed');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

describe('items that are processed together', () => {
  const apply = () => Promise.resolve(undefined);
  const numberOf = ({ payload }: { payload: object }): number => (payload as { number: number }).number;
  const applyAll: BatchedKind['applyAll'] = async (trx, items) => {
    for (const item of items) await note(trx, numberOf(item));
    return items.map((item) => ({ twice: 2 * numberOf(item) }));
  };

  it.each([
    ['their kind can', { applyAll }, 1, true],
    ['their kind cannot', {}, 1, false],
    ['they were tried before', { applyAll }, 2, false],
    ['there is only one attempt', { applyAll, policy: { maximumAttempts: 1 } }, 1, false],
    ['there are two attempts', { applyAll, policy: { maximumAttempts: 2 } }, 1, true],
  ])('are processed together or not: %s', (_when, options, number, expected) => {
    const definition = defineWorkItem({ ...declared, apply, ...options });
    expect(isBatched(definition, { attempt: number })).toBe(expected);
  });

  const attemptTogether = async (all: BatchedKind['applyAll']): Promise<void> => {
    const kind = { ...defineWorkItem({ ...declared, apply }), applyAll: all } as BatchedKind;
    await attemptAll({ db, queue }, kind, await claim(3), { signal: new AbortController().signal, logger });
  };

  it('are completed in one transaction, each with its own result', async () => {
    await attemptTogether(applyAll);
    expect(await stored()).toEqual([2, 4, 6].map((twice) => ({ status: 'completed', result: { twice } })));
    expect(await noted()).toEqual([1, 2, 3]);
  });

  it('leave nothing behind if one of them is no longer the worker’s', async () => {
    const error: unknown = await attemptTogether(async (trx, items, context) => {
      await steal(trx, items[1]?.workItemId ?? '');
      return applyAll(trx, items, context);
    }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LeaseLostError);
    expect((await stored()).map(({ status }) => status)).toEqual(['running', 'running', 'running']);
    expect(await noted()).toEqual([]);
  });

  it.each([2, 4])('are not completed if there are %i results of three items', async (count) => {
    const wrong: BatchedKind['applyAll'] = async (...given) => {
      await applyAll(...given);
      return new Array<object>(count).fill({}) as Awaited<ReturnType<BatchedKind['applyAll']>>;
    };
    await expect(attemptTogether(wrong)).rejects.toThrow(
      `applyAll of note-number must return 3 results, not ${count}`,
    );
    expect((await stored()).map(({ status }) => status)).toEqual(['running', 'running', 'running']);
    expect(await noted()).toEqual([]);
  });
});
