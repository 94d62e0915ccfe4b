import { randomUUID } from 'node:crypto';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { sql, type Kysely, type Updateable } from 'kysely';
import { pino } from 'pino';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Database } from '../../domain/database/schema.ts';
import { STARTED_BY } from '../../packages/durable-jobs/src/jobs/names.ts';
import {
  backOff,
  backOffSeconds,
  giveBack,
  isUnderLease,
  keepBehind,
} from '../../packages/durable-jobs/src/jobs/outbox/claimed-entries.ts';
import {
  entryColumns,
  type OutboxEntry,
  type StoredEntry,
} from '../../packages/durable-jobs/src/jobs/outbox/enqueue.ts';
import { isExpired, settleExpired } from '../../packages/durable-jobs/src/jobs/outbox/expiry.ts';
import { NEVER } from '../../packages/durable-jobs/src/jobs/outbox/never.ts';
import { dropWithdrawn, recordOutcome } from '../../packages/durable-jobs/src/jobs/outbox/record-outcome.ts';
import { StartRefusedError } from '../../packages/durable-jobs/src/jobs/outbox/refused-start.ts';
import { requestIdOf } from '../../packages/durable-jobs/src/jobs/outbox/start-job.ts';
import {
  keepUndecided,
  withdrawalOf,
  withdrawStarts,
} from '../../packages/durable-jobs/src/jobs/outbox/withdraw.ts';
import { openTestDatabase } from '../support/database.ts';

const JOB = 'send-note:1';
const OTHER = 'send-note:2';
const [PAST, LATER] = [new Date('2026-01-01T00:00:00Z'), new Date('2100-01-01T00:00:00Z')];
/** A pass whose lease has not ended. */
const ours = isUnderLease(LATER.toISOString());

let db: Kysely<Database>;
beforeAll(async () => {
  const database = await openTestDatabase();
  ({ db } = database);
  return database.close;
});
/** When the test began, by the database's clock. */
let begun = 0;
beforeEach(async () => {
  await sql`TRUNCATE outbox, awaited_jobs, job_retries CASCADE`.execute(db);
  begun = await clock();
});
afterEach(() => vi.useRealTimers());

type Columns = Updateable<Database['outbox']>;

/** Adds a start as it is after it was checked. */
async function add(columns: Columns = {}): Promise<OutboxEntry> {
  const { id } = await db
    .insertInto('outbox')
    .values({ jobType: 'sendNote', jobId: JOB, input: '{}', nextAttemptAt: PAST, isChecked: true } as never)
    .returning('id')
    .executeTakeFirstOrThrow();
  if (Object.keys(columns).length > 0) await change(id, columns);
  return (await db
    .selectFrom('outbox')
    .select(entryColumns)
    .where('id', '=', id)
    .executeTakeFirstOrThrow()) as OutboxEntry;
}

const change = (id: number, columns: Columns) =>
  db.updateTable('outbox').set(columns).where('id', '=', id).execute();

/** The entry as it is stored. */
const read = ({ id }: { id: number }) =>
  db.selectFrom('outbox').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

/** The database's time, in milliseconds. */
async function clock(): Promise<number> {
  const { rows } = await sql<{ now: Date }>`SELECT clock_timestamp() AS now`.execute(db);
  return rows[0]?.now.getTime() ?? NaN;
}

/** Asserts that an entry is due this many seconds after a moment of the test, however slow that is. */
async function expectDueIn(entry: { id: number }, seconds: number): Promise<void> {
  const setAt = (await read(entry)).nextAttemptAt.getTime() - 1_000 * seconds;
  expect(setAt).toBeGreaterThanOrEqual(begun);
  expect(setAt).toBeLessThanOrEqual(await clock());
}

/** Lets a start wait for the end of a job, and returns a function that says whether that is to be checked now. */
async function awaitEnd(jobId: string, entry: { id: number }): Promise<() => Promise<boolean>> {
  const { id } = await db
    .insertInto('awaitedJobs')
    .values({
      heldEntryId: entry.id,
      awaitedEnd: 'completes',
      jobId,
      upToEntryId: entry.id,
      nextCheckAt: LATER,
    } as never)
    .returning('id')
    .executeTakeFirstOrThrow();
  return async () => {
    const { nextCheckAt } = await db
      .selectFrom('awaitedJobs')
      .select('nextCheckAt')
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    return nextCheckAt < LATER;
  };
}

const retryOf = (runId: string) => ({ runId, businessKey: '1', nominalTime: PAST.toISOString() });

/** Adds a start that retries a run, and the record of that. */
async function addRetry(runId: string): Promise<OutboxEntry> {
  await db.insertInto('jobRetries').values({ jobId: JOB, runId, newRunId: null, reason: null }).execute();
  return add({ retry: JSON.stringify(retryOf(runId)) });
}

/** The runs that were retried, each with the run that followed. */
async function retries(): Promise<Record<string, string | null>> {
  const rows = await db.selectFrom('jobRetries').select(['runId', 'newRunId']).execute();
  return Object.fromEntries(rows.map(({ runId, newRunId }) => [runId, newRunId]));
}

describe('a claimed start', () => {
  it.each([
    [0, 1],
    [3, 8],
    [8, 256],
    [9, 300],
    [20, 300],
  ])('after %i attempts backs off for %i s', (attempts, seconds) => {
    expect(backOffSeconds({ attempts } as StoredEntry)).toBe(seconds);
  });

  it('backs off with its error', async () => {
    const entry = await add({ attempts: 2 });
    await backOff(db, entry, new Error('no luck'), ours);
    expect(await read(entry)).toMatchObject({ attempts: 3, lastError: 'no luck', refusedAt: null });
    await expectDueIn(entry, 4);
  });

  it('that is refused backs off, and keeps the time of its first refusal', async () => {
    const entry = await add();
    const refusal = new StartRefusedError('invalid_input', 'is not valid');
    await backOff(db, entry, refusal, ours);
    const { refusedAt } = await read(entry);
    expect(refusedAt).toBeInstanceOf(Date);
    await backOff(db, entry, refusal, ours);
    expect(await read(entry)).toMatchObject({ refusedAt, lastError: 'is not valid' });
    await backOff(db, entry, new Error('no luck'), ours);
    expect(await read(entry)).toMatchObject({ refusedAt: null, lastError: 'no luck' });
  });

  it('that was claimed as withdrawn backs off, too', async () => {
    const entry = await add({ withdrawnAt: PAST });
    await backOff(db, entry, new Error('no luck'), ours);
    expect(await read(entry)).toMatchObject({ attempts: 1 });
    await expectDueIn(entry, 1);
  });

  it.each<[string, Columns]>([
    ['was withdrawn', { withdrawnAt: PAST }],
    ['was made', { dispatchedAt: PAST }],
    ['was dropped', { droppedAt: PAST }],
    ['has to wait', { isHeld: true }],
  ])('that %s meanwhile is left as it is', async (_what, columns) => {
    const entry = await add();
    await change(entry.id, columns);
    const before = await read(entry);
    await backOff(db, entry, new Error('no luck'), ours);
    await giveBack(db, [entry], undefined, ours);
    expect(await read(entry)).toEqual(before);
  });

  it('of a pass whose lease has ended is left to the next one', async () => {
    const entry = await add();
    const ended = isUnderLease(new Date(PAST.getTime() - 1).toISOString());
    await backOff(db, entry, new Error('no luck'), ended);
    await giveBack(db, [entry], undefined, ended);
    await keepBehind(db, entry, { seconds: 30 }, ended);
    expect(await read(entry)).toMatchObject({ attempts: 0, lastError: null, nextAttemptAt: PAST });
  });

  it('is given back, withdrawn or not, and only the one that met the outage has its error', async () => {
    const [plain, withdrawn, away] = [await add(), await add({ withdrawnAt: PAST }), await add()];
    await giveBack(
      db,
      [plain, withdrawn, away],
      { entry: away, error: new Error('the engine is away') },
      ours,
    );
    for (const entry of [plain, withdrawn, away]) await expectDueIn(entry, 0);
    const rows = await Promise.all([plain, withdrawn, away].map(read));
    expect(rows.map(({ lastError }) => lastError)).toEqual([null, null, 'the engine is away']);
  });
});

describe('a start behind an earlier one of its job', () => {
  it.each<[string, Columns]>([
    ['was withdrawn', { withdrawnAt: PAST }],
    ['has expired', { expiresAt: PAST }],
  ])('does not wait if it %s', async (_what, columns) => {
    const entry = await add(columns);
    for (const earlier of [{ seconds: 30 }, { runId: 'run' }])
      expect(await keepBehind(db, entry, earlier, ours)).toBe(false);
    expect(await read(entry)).toMatchObject({ nextAttemptAt: PAST, runId: null });
  });

  it('waits as long as the earlier one', async () => {
    const entry = await add({ expiresAt: LATER });
    expect(await keepBehind(db, entry, { seconds: 30 }, ours)).toBe(true);
    expect(await read(entry)).toMatchObject({ runId: null });
    await expectDueIn(entry, 30);
  });

  it('waits for the run that the earlier one waits for', async () => {
    const entry = await add();
    expect(await keepBehind(db, entry, { runId: 'run' }, ours)).toBe(true);
    expect(await read(entry)).toMatchObject({ runId: 'run' });
    await expectDueIn(entry, 10);
  });

  it('does not wait for a run if it is refused instead', async () => {
    const entry = await add({ dedupeKey: 'key' });
    expect(await keepBehind(db, entry, { runId: 'run' }, ours)).toBe(false);
    expect(await read(entry)).toMatchObject({ nextAttemptAt: PAST, runId: null });
  });
});

describe('an outcome', () => {
  it('is not recorded if the start was withdrawn, unless that is to be passed over', async () => {
    const entry = await add({ withdrawnAt: PAST });
    const outcome = { kind: 'started', runId: 'run' } as const;
    expect(await recordOutcome(db, entry, outcome)).toBe('withdrawn');
    expect(await read(entry)).toMatchObject({ outcome: null, dispatchedAt: null });
    expect(await recordOutcome(db, entry, outcome, { evenIfWithdrawn: true })).toBe('recorded');
    expect(await read(entry)).toMatchObject({ outcome: 'started', runId: 'run' });
  });

  it.each([null, PAST])('of a start at %s is not recorded if its time was moved', async (startAt) => {
    const entry = await add({ startAt });
    await change(entry.id, { startAt: LATER });
    const started = { kind: 'started', runId: 'run' } as const;
    expect(await recordOutcome(db, entry, started)).toEqual({ movedTo: LATER });
    expect(await read(entry)).toMatchObject({ outcome: null });
    // Only a run of its own would be at the wrong time.
    expect(await recordOutcome(db, entry, { kind: 'exists', runId: 'run' })).toBe('recorded');
    expect(await read(entry)).toMatchObject({ outcome: 'exists' });
  });

  it('of a start whose time is still the same is recorded', async () => {
    const entry = await add({ startAt: LATER });
    expect(await recordOutcome(db, entry, { kind: 'started', runId: 'run' })).toBe('recorded');
    expect(await read(entry)).toMatchObject({ outcome: 'started' });
  });

  it.each(['exists', 'waits', 'started'] as const)(
    '%s does not replace that of another process',
    async (kind) => {
      const entry = await add({ dispatchedAt: PAST, outcome: 'delivered', runId: 'theirs' });
      const before = await read(entry);
      expect(await recordOutcome(db, entry, { kind, runId: 'run' })).toBe('recorded');
      expect(await read(entry)).toEqual(before);
    },
  );

  it.each<[string, Columns, boolean]>([
    ['waits at a limit', { isHeld: true, limitKey: 'key' }, true],
    ['waits for something else', { isHeld: true }, false],
    ['waits for nothing', {}, false],
    ['had waited at a limit', { limitKey: 'key' }, false],
  ])('is recorded only at a limit, if that is required: one that %s', async (_what, columns, isRecorded) => {
    const entry = await add(columns);
    await recordOutcome(db, entry, { kind: 'exists', runId: 'run' }, { ifAtLimit: true });
    const { outcome, isHeld, limitKey } = await read(entry);
    expect(outcome).toBe(isRecorded ? 'exists' : null);
    if (isRecorded) expect({ isHeld, limitKey }).toEqual({ isHeld: false, limitKey: null });
  });

  it('"waits" leaves a start alone that waits at a limit meanwhile', async () => {
    const entry = await add({ isHeld: true, limitKey: 'key', nextAttemptAt: NEVER });
    await recordOutcome(db, entry, { kind: 'waits', runId: 'run' });
    expect(await read(entry)).toMatchObject({ nextAttemptAt: NEVER, runId: null });
  });

  it('"exists" tells those that wait for the job, and "started" does not', async () => {
    const [exists, started] = [await add(), await add({ jobId: OTHER })];
    const [isChecked, isOtherChecked] = [await awaitEnd(JOB, exists), await awaitEnd(OTHER, started)];
    await recordOutcome(db, exists, { kind: 'exists', runId: 'run' });
    await recordOutcome(db, started, { kind: 'started', runId: 'run' });
    expect([await isChecked(), await isOtherChecked()]).toEqual([true, false]);
  });

  it('"exists" makes the start due that it had replaced for another job', async () => {
    const replaced = await add({ jobId: OTHER, outcome: 'replaced', droppedAt: PAST, nextAttemptAt: NEVER });
    const entry = await add({ expiresAt: LATER });
    for (const { id } of [replaced, entry]) await change(id, { mergeId: replaced.id });
    await recordOutcome(db, entry, { kind: 'exists', runId: 'run' });
    expect(await read(replaced)).toMatchObject({ outcome: null, droppedAt: null, expiresAt: LATER });
    await expectDueIn(replaced, 0);
  });

  it('"exists" leaves replaced starts alone with which it was not merged', async () => {
    const replaced = await add({ jobId: OTHER, outcome: 'replaced', droppedAt: PAST, nextAttemptAt: NEVER });
    const entry = await add();
    await recordOutcome(db, entry, { kind: 'exists', runId: 'run' });
    expect(await read(replaced)).toMatchObject({ outcome: 'replaced', droppedAt: PAST });
  });

  it('of a retry is recorded with the run that was retried, and with no other', async () => {
    await addRetry('earlier');
    await db
      .insertInto('jobRetries')
      .values({ jobId: OTHER, runId: 'first', newRunId: null, reason: null })
      .execute();
    const entry = await addRetry('second');
    expect(await recordOutcome(db, entry, { kind: 'started', runId: 'third' })).toBe('recorded');
    expect(await retries()).toEqual({ earlier: null, first: null, second: 'third' });
  });

  it('"exists" lets the run be retried again', async () => {
    await addRetry('earlier');
    const entry = await addRetry('second');
    expect(await recordOutcome(db, entry, { kind: 'exists', runId: 'run' })).toBe('recorded');
    expect(await retries()).toEqual({ earlier: null });
  });
});

describe('a start that waits for the run for which an earlier one of its job waits', () => {
  /** Adds two starts with these columns, of which the later one comes to wait for the run. Returns whether it was dropped. */
  async function isMerged(ofEarlier: Columns, ofLater: Columns = {}): Promise<boolean> {
    const earlier = await add({ runId: 'run', ...ofEarlier });
    const later = await add(ofLater);
    expect(await recordOutcome(db, later, { kind: 'waits', runId: 'run' })).toBe('recorded');
    expect(await read(earlier)).toMatchObject({ outcome: null });
    const { outcome, droppedAt, nextAttemptAt } = await read(later);
    if (outcome === null) expect(droppedAt).toBeNull();
    else expect({ outcome, nextAttemptAt }).toEqual({ outcome: 'exists', nextAttemptAt: NEVER });
    return outcome !== null;
  }
  const sooner = new Date(LATER.getTime() - 1);

  it.each<[string, Columns, Columns?]>([
    ['neither expires', {}],
    ['only the later one expires', {}, { expiresAt: LATER }],
    ['both expire at the same time', { expiresAt: LATER }, { expiresAt: LATER }],
    ['the later one expires first', { expiresAt: LATER }, { expiresAt: sooner }],
  ])('is not made as well: %s', async (_when, ofEarlier, ofLater) => {
    expect(await isMerged(ofEarlier, ofLater)).toBe(true);
  });

  it.each<[string, Columns, Columns?]>([
    ['another job', { jobId: OTHER }],
    ['another run', { runId: 'another' }],
    ['another input', { input: '{"number":1}' }],
    ['a time', { startAt: LATER }],
    ['been made', { dispatchedAt: PAST }],
    ['been dropped', { droppedAt: PAST }],
    ['been withdrawn', { withdrawnAt: PAST }],
    ['an earlier expiry', { expiresAt: sooner }, { expiresAt: LATER }],
    ['an expiry, and the later one none', { expiresAt: LATER }],
  ])('is made if the earlier one has %s', async (_what, ofEarlier, ofLater) => {
    expect(await isMerged(ofEarlier, ofLater)).toBe(false);
  });

  it.each<[string, Columns]>([
    ['a time', { startAt: LATER }],
    ['been debounced', { settlesAt: PAST }],
    ['replaced others', { mergeId: 1 }],
  ])('is made if it has %s', async (_what, ofLater) => {
    expect(await isMerged({}, ofLater)).toBe(false);
  });

  it('stays if it is the earlier one itself', async () => {
    const earlier = await add();
    await add({ runId: 'run' });
    await recordOutcome(db, earlier, { kind: 'waits', runId: 'run' });
    expect(await read(earlier)).toMatchObject({ outcome: null, runId: 'run' });
    await expectDueIn(earlier, 10);
  });
});

describe('a withdrawn start', () => {
  const withdraw = (options?: Parameters<typeof withdrawStarts>[2]): Promise<boolean> =>
    db.transaction().execute((trx) => withdrawStarts(trx, JOB, options));

  it('is dropped, and those that wait for its job are told', async () => {
    const entry = await add({ withdrawnAt: PAST, runId: 'run' });
    const isChecked = await awaitEnd(JOB, entry);
    await dropWithdrawn(db, entry);
    expect(await read(entry)).toMatchObject({ outcome: 'withdrawn', runId: null, nextAttemptAt: NEVER });
    expect(await isChecked()).toBe(true);
  });

  it('is one of its job that is neither made nor dropped', async () => {
    const [waiting, other] = [await add(), await add({ jobId: OTHER })];
    const [made, gone] = [await add({ dispatchedAt: PAST }), await add({ droppedAt: PAST })];
    expect(await withdraw()).toBe(true);
    expect(await read(waiting)).toMatchObject({ withdrawnAt: expect.any(Date) as Date });
    await expectDueIn(waiting, 15);
    for (const entry of [other, made, gone]) expect((await read(entry)).withdrawnAt).toBeNull();
    // Nothing is left.
    expect(await withdraw()).toBe(false);
  });

  it('is one of those that are named', async () => {
    const [first, second] = [await add(), await add()];
    expect(await withdraw({ entries: [second.id] })).toBe(true);
    expect((await read(first)).withdrawnAt).toBeNull();
    expect((await read(second)).withdrawnAt).not.toBeNull();
  });

  it('may be one that was withdrawn before, which keeps its time', async () => {
    const [again, made] = [
      await add({ withdrawnAt: PAST, nextAttemptAt: NEVER }),
      await add({ dispatchedAt: PAST }),
    ];
    expect(await withdraw()).toBe(false);
    expect(await withdraw({ evenIfWithdrawn: true })).toBe(true);
    expect(await read(again)).toMatchObject({ withdrawnAt: PAST });
    await expectDueIn(again, 15);
    expect((await read(made)).withdrawnAt).toBeNull();
  });

  it('lets the run be retried again that it was to retry', async () => {
    await addRetry('run');
    expect(await retries()).toEqual({ run: null });
    await withdraw();
    expect(await retries()).toEqual({});
  });

  it.each<[string, Columns, 'none' | 'withdrawn' | 'undecided']>([
    ['nobody withdrew it', {}, 'none'],
    ['it was withdrawn', { withdrawnAt: PAST }, 'withdrawn'],
    ['SQL requested it', { withdrawnAt: PAST, nextAttemptAt: NEVER }, 'undecided'],
    ['it was dropped since', { withdrawnAt: PAST, nextAttemptAt: NEVER, droppedAt: PAST }, 'withdrawn'],
  ])('is decided or not: %s', async (_what, columns, state) => {
    const entry = await add(columns);
    expect(await withdrawalOf(db, entry.id)).toBe(state);
    const isKept = state === 'undecided';
    const before = await read(entry);
    expect(await keepUndecided(db, entry.id)).toBe(isKept);
    if (isKept) {
      expect(await read(entry)).toEqual({
        ...before,
        withdrawnAt: null,
        nextAttemptAt: expect.any(Date) as Date,
      });
      await expectDueIn(entry, 0);
    } else expect(await read(entry)).toEqual(before);
  });

  it('is none if the start is gone', async () => {
    expect(await withdrawalOf(db, 1_000_000)).toBe('none');
  });
});

describe('a start that expires', () => {
  const warnings: object[] = [];
  const logger = pino(
    { base: null, timestamp: false },
    { write: (line: string) => void warnings.push(JSON.parse(line) as object) },
  );
  /** An engine that describes the newest run of the job. `deadlines` has those of the calls. */
  function engine(describe: () => unknown) {
    const deadlines: number[] = [];
    const described: string[] = [];
    const client = {
      withDeadline: (deadline: number, call: () => unknown) => {
        deadlines.push(deadline);
        return call();
      },
      workflow: {
        getHandle: (id: string) => ({
          describe: () => {
            described.push(id);
            return Promise.resolve().then(describe);
          },
        }),
      },
    } as unknown as Client;
    return { client, deadlines, described };
  }
  const settle = (client: Client, entry: StoredEntry) =>
    settleExpired({ db, client, logger } as unknown as Parameters<typeof settleExpired>[0], entry);
  const notFound = () => {
    throw new WorkflowNotFoundError('not found', JOB, undefined);
  };

  beforeEach(() => void warnings.splice(0));

  it.each([
    [null, false],
    [1, false],
    [0, true],
    [-1, true],
  ])('in %s ms has expired: %s', (inMs, expected) => {
    vi.useFakeTimers({ toFake: ['Date'], now: PAST });
    const expiresAt = inMs === null ? null : new Date(PAST.getTime() + inMs);
    expect(isExpired({ expiresAt })).toBe(expected);
  });

  it('is not decided while a call may still make it', async () => {
    const entry = await add({ expiresAt: PAST });
    const certain = new Date(PAST.getTime() + 15_000);
    const { client, described } = engine(notFound);
    vi.useFakeTimers({ toFake: ['Date'], now: certain.getTime() - 1 });
    await settle(client, entry);
    expect(await read(entry)).toMatchObject({ outcome: null, nextAttemptAt: certain });
    expect(described).toEqual([]);
    vi.setSystemTime(certain);
    await settle(client, entry);
    expect(await read(entry)).toMatchObject({ outcome: 'expired' });
  });

  it('is dropped with a warning, and those that wait for its job are told', async () => {
    const entry = await add({ expiresAt: PAST, runId: 'run' });
    const isChecked = await awaitEnd(JOB, entry);
    const { client, deadlines, described } = engine(notFound);
    vi.useFakeTimers({ toFake: ['Date'], now: LATER });
    await settle(client, entry);
    expect(deadlines).toEqual([LATER.getTime() + 10_000]);
    expect(described).toEqual([JOB]);
    expect(await read(entry)).toMatchObject({ outcome: 'expired', runId: null, nextAttemptAt: NEVER });
    expect(await isChecked()).toBe(true);
    expect(warnings).toEqual([
      {
        level: 40,
        entryId: entry.id,
        jobType: 'sendNote',
        jobId: JOB,
        expiresAt: PAST.toISOString(),
        msg: 'a start has expired; the job is not started',
      },
    ]);
  });

  it('is dropped although the id of its job is not known, of which the engine is not asked', async () => {
    const { client, described } = engine(notFound);
    const entry: StoredEntry = { ...(await add({ expiresAt: PAST })), jobId: null };
    const isChecked = await awaitEnd(JOB, entry);
    await settle(client, entry);
    expect(await read(entry)).toMatchObject({ outcome: 'expired' });
    expect(described).toEqual([]);
    expect(await isChecked()).toBe(false);
  });

  it('is recorded as made if the newest run is its own', async () => {
    const entry = await add({ expiresAt: PAST });
    const { client } = engine(() => ({ memo: { [STARTED_BY]: requestIdOf(entry) }, runId: 'run' }));
    await settle(client, entry);
    expect(await read(entry)).toMatchObject({ outcome: 'started', runId: 'run', droppedAt: null });
    expect(warnings).toEqual([]);
  });

  it.each([[undefined], [{ [STARTED_BY]: `outbox:0:${randomUUID()}` }]])(
    'is dropped if the newest run is not its own: memo %j',
    async (memo) => {
      const entry = await add({ expiresAt: PAST });
      await settle(engine(() => ({ memo, runId: 'run' })).client, entry);
      expect(await read(entry)).toMatchObject({ outcome: 'expired' });
    },
  );

  it('stays as it is if the engine does not respond', async () => {
    const entry = await add({ expiresAt: PAST });
    const away = engine(() => {
      throw new Error('the engine is away');
    });
    await expect(settle(away.client, entry)).rejects.toThrow('the engine is away');
    expect(await read(entry)).toMatchObject({ outcome: null, nextAttemptAt: PAST });
  });
});
