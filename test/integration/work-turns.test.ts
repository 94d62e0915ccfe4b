import { sql } from 'kysely';
import { beforeEach, expect, it } from 'vitest';
import { adjustStock, workKinds } from '../../contracts/work-items.ts';
import { createWorkQueue } from '../../packages/durable-jobs/src/work-queue/work-queue.ts';
import { z } from 'zod';
import { defineWorkItem } from '../../packages/durable-jobs/src/work-queue/define-work-item.ts';
import { enqueueWork } from '../../packages/durable-jobs/src/work-queue/enqueue.ts';
import { createWorkItemBody } from '../../packages/durable-jobs/src/work-queue/schemas.ts';
import { createWorkKinds } from '../../packages/durable-jobs/src/work-queue/work-kinds.ts';
import { fairnessSchema } from '../../packages/durable-jobs/src/values/priority.ts';
import { groupBy } from '../../packages/durable-jobs/src/values/group-by.ts';
import { holdRows } from '../support/hold-rows.ts';
import { useService } from '../support/service.ts';
import { watchStatements } from '../support/watch-statements.ts';

const service = useService({ workers: false });
beforeEach(() => service.db.deleteFrom('workItems').execute());

const queue = () => createWorkQueue({ db: service.db, kinds: workKinds.all, leaseMs: 30_000 });

interface Inserted {
  key?: string | null;
  priority?: number | null;
  weight?: number;
  /** For how long the first of them has been due. */
  dueMs?: number;
  attempts?: number;
}

/** Inserts items, each named by its key and number, and due one after the other. */
const insert = (
  count: number,
  { key = null, priority = null, weight, dueMs = 1_000_000, attempts = 0 }: Inserted = {},
) =>
  sql`INSERT INTO work_items (kind, payload, not_before, fairness_key, fairness_weight, priority, attempts)
    SELECT ${adjustStock.kind}, jsonb_build_object('name', ${key ?? priority ?? 'none'}::text || n),
      now() - make_interval(secs => ${dueMs}::float8 / 1000 - n::float8 / 1000000), ${key}::text, ${weight ?? null}::float8, ${priority}::smallint, ${attempts}
    FROM generate_series(1, ${count}::int) AS n`.execute(service.db);
const keyOf = (item: { payload: unknown }) => nameOf(item).replace(/\d+$/, '');
/** How many of the items each key has. */
const sharesOf = (items: readonly { payload: unknown }[]) =>
  Object.fromEntries([...groupBy(items, keyOf)].map(([key, own]) => [key, own.length]));
const nameOf = ({ payload }: { payload: unknown }) => (payload as { name: string }).name;

it('claims items without priority and key longest due first', async () => {
  await insert(5);
  expect((await queue().getNext(3)).map(nameOf)).toEqual(['none1', 'none2', 'none3']);
});

it('claims items by priority, and those of one priority in turns between keys', async () => {
  await insert(100, { key: 'a' });
  await insert(2, { key: 'b' });
  await insert(2);
  await insert(1, { priority: 5 });
  await insert(1, { priority: 1 });
  const { getNext } = queue();
  expect((await getNext(1)).map(nameOf)).toEqual(['11']);
  expect((await getNext(3)).map(nameOf).toSorted()).toEqual(['a1', 'b1', 'none1']);
  expect((await getNext(4)).map(nameOf).toSorted()).toEqual(['a2', 'a3', 'b2', 'none2']);
  expect(await getNext(200)).toHaveLength(100 + 2 + 2 + 2 - 8);
});

it('gives a key its turns back when its items are returned', async () => {
  await insert(10, { key: 'a' });
  await insert(10, { key: 'b' });
  const { getNext, release } = queue();
  const claimed = await getNext(6);
  expect(sharesOf(claimed)).toEqual({ a: 3, b: 3 });
  await release(claimed.filter((item) => keyOf(item) === 'a').map(({ lease }) => lease));
  expect((await getNext(3)).map(nameOf)).toEqual(['a1', 'a2', 'a3']);
  expect(sharesOf(await getNext(4))).toEqual({ a: 2, b: 2 });
});

it('claims items of kinds that may not wait only for free slots, and none that are due after them', async () => {
  for (const key of [null, 'a']) {
    await service.db.deleteFrom('workItems').execute();
    await insert(5, { key });
    const { getNext } = queue();
    expect(await getNext(0, 2, () => false)).toEqual([]);
    expect(await getNext(1, 3, () => false)).toHaveLength(1);
    expect(await getNext(1, 3, () => true)).toHaveLength(4);
  }
});

it('fills the claims of competing workers as long as items are due', async () => {
  await insert(400, { key: 'a' });
  await insert(100, { key: 'b' });
  await insert(100);
  const workers = Array.from({ length: 4 }, queue);
  const claimed = new Set<string>();
  for (let round = 0; round < 10; round++) {
    const claims = await Promise.all(workers.map(({ getNext }) => getNext(15)));
    for (const items of claims) {
      expect(items).toHaveLength(15);
      for (const { lease } of items) claimed.add(lease.id);
    }
  }
  expect(claimed.size).toBe(600);
  expect(await queue().getNext(15)).toEqual([]);
});

it('gives keys turns by weight, however many items one of them has, and no items that are not due', async () => {
  await insert(1_000, { key: 'a' });
  await insert(300, { key: 'b', weight: 3, dueMs: 1_000 });
  await insert(300, { dueMs: 1_000 });
  await insert(300, { key: 'later', dueMs: -3_600_000 });
  await insert(300, { key: 'last', priority: 4 });
  const { getNext } = queue();
  const taken = [...(await getNext(1)), ...(await getNext(9)), ...(await getNext(40))];
  expect(sharesOf(taken)).toEqual({ a: 10, b: 30, none: 10 });
  expect(taken.filter((item) => keyOf(item) === 'a').map(nameOf)).toEqual(
    Array.from({ length: 10 }, (_, n) => `a${n + 1}`),
  );
});

it('finds the items in line by their ids, although the table has no statistics', async () => {
  await insert(20_000, { key: 'a' });
  await service.db.transaction().execute(async (trx) => {
    const { getNext } = createWorkQueue({ db: trx, kinds: workKinds.all, leaseMs: 30_000 });
    const read = async (): Promise<number> => {
      const { rows } = await sql<{ read: number }>`
        SELECT (seq_tup_read + idx_tup_fetch)::float8 AS read FROM pg_stat_xact_user_tables WHERE relname = 'work_items'`.execute(
        trx,
      );
      return rows[0]?.read ?? NaN;
    };
    await getNext(5);
    const before = await read();
    expect(await getNext(5)).toHaveLength(5);
    expect((await read()) - before).toBeLessThan(5_000);
  });
});

it('gives every key its turn, although there are more than are looked at together', async () => {
  await sql`INSERT INTO work_items (kind, payload, not_before, fairness_key)
    SELECT ${adjustStock.kind}, jsonb_build_object('name', 'key' || key), now() - make_interval(secs => key), 'key' || key
    FROM generate_series(1, 2500) AS key, generate_series(1, 3)`.execute(service.db);
  const { getNext } = queue();
  const names = new Set<string>();
  let claimed = 0;
  for (; names.size < 2_500; claimed += 50) for (const item of await getNext(50)) names.add(nameOf(item));
  expect(claimed).toBeLessThanOrEqual(3_000);
});

it('claims an urgent item, and an item of another key, soon next to a large backlog', async () => {
  await insert(20_000, { key: 'large' });
  await insert(5_000);
  await sql`INSERT INTO work_items (kind, payload, fairness_key)
    SELECT ${adjustStock.kind}, jsonb_build_object('name', 'key'), 'key' || n FROM generate_series(1, 1000) AS n`.execute(
    service.db,
  );
  const { getNext } = queue();
  const claimsUntil = async (key: string): Promise<number> => {
    for (let claims = 1; claims < 1_000; claims++)
      if ((await getNext(10)).some((item) => keyOf(item) === key)) return claims;
    throw new Error(`no item of ${key} was claimed`);
  };
  await claimsUntil('large');
  await insert(1, { key: 'small', dueMs: 0 });
  // Each of the 1,002 keys has its turn before one has its second.
  expect(await claimsUntil('small')).toBeLessThan(150);
  await insert(1, { priority: 1, dueMs: 0 });
  expect(await claimsUntil('')).toBeLessThan(150);
});

it('claims items at their last attempt only for free slots, in turns too', async () => {
  await insert(2, { key: 'a', attempts: 4 });
  await insert(3, { key: 'b' });
  const { getNext } = queue();
  expect(await getNext(0, 2)).toEqual([]);
  expect((await getNext(1, 3)).map(nameOf)).toEqual(['a1', 'b1']);
  expect((await getNext(1, 3)).map(nameOf)).toEqual(['a2', 'b2', 'b3']);
});

it('leaves items that another transaction has locked, and fills the claim with others', async () => {
  await insert(8, { key: 'a' });
  await insert(300, { key: 'b', dueMs: 1_000 });
  const letGo = await holdRows(service.db, (trx) =>
    trx.selectFrom('workItems').select('id').where('fairnessKey', '=', 'a').forUpdate().execute(),
  );
  const { getNext } = queue();
  expect(sharesOf(await getNext(5))).toEqual({ b: 5 });
  await letGo();
  expect(sharesOf(await getNext(304))).toEqual({ a: 8, b: 295 });
});

it('keeps what it has claimed if a later statement of the claim fails', async () => {
  await insert(100, { key: 'a' });
  // The first attempt is a claim without turns, which sees that there are some. The second one takes what is not locked.
  let claims = 2;
  const db = watchStatements(service.db, (text) => {
    if (claims === 0) throw new Error('the database is away');
    if (text.includes('placed.*')) claims--;
  });
  const { getNext } = createWorkQueue({ db, kinds: workKinds.all, leaseMs: 30_000 });
  const release = await holdRows(service.db, (trx) =>
    sql`SELECT FROM work_items WHERE id IN (SELECT id FROM work_items ORDER BY due_at OFFSET 3) FOR UPDATE`.execute(
      trx,
    ),
  );
  try {
    expect((await getNext(10)).map(nameOf).toSorted()).toEqual(['a1', 'a2', 'a3']);
    await expect(getNext(10)).rejects.toThrow('the database is away');
  } finally {
    await release();
  }
  claims = Infinity;
  expect(await getNext(100)).toHaveLength(97);
});

it('returns to claims without turns when no item has a priority or a key', async () => {
  await insert(1, { key: 'a' });
  await insert(2, { dueMs: 1_000 });
  const { getNext } = queue();
  expect(sharesOf(await getNext(2))).toEqual({ a: 1, none: 1 });
  expect((await getNext(5)).map(nameOf)).toEqual(['none2']);
  await insert(5);
  expect((await getNext(3)).map(nameOf)).toEqual(['none1', 'none2', 'none3']);
});

it('takes priority and fairness over HTTP, and refuses invalid ones with their fields', async () => {
  const create = (body: object) =>
    service.request('POST', '/api/work-items', {
      kind: adjustStock.kind,
      payload: { sku: 'tea', delta: 1, reason: 'loss' },
      ...body,
    });
  const made = await create({ priority: 1, fairness: { key: 'acme', weight: 2 } });
  expect(made).toMatchObject({ status: 201, body: { priority: 1, fairness: { key: 'acme', weight: 2 } } });
  expect(await create({ priority: 1.5, fairness: { key: ' ' } })).toMatchObject({
    status: 400,
    body: {
      errors: [
        { path: 'priority', message: 'must be a whole number from 1 to 5' },
        { path: 'fairness.key', message: 'must not be blank' },
      ],
    },
  });
});

it('refuses the same keys in SQL as elsewhere', async () => {
  const keys = [
    'a',
    'é',
    '工',
    ' a ',
    ' ',
    '\t',
    'a\nb',
    'a\u0085b',
    'a\u200eb',
    'a\u202eb',
    'a\u2066b',
    'a\u2028b',
    '\u200b',
    '\u3164',
  ];
  const faults = keys.filter((key) => !fairnessSchema.safeParse({ key }).success);
  const refused: string[] = [];
  for (const key of keys) await insert(1, { key }).catch(() => refused.push(key));
  expect(refused).toEqual(faults);
  expect(faults).toHaveLength(10);
  await expect(insert(1, { priority: 6 })).rejects.toThrow('work_items_priority_check');
  await expect(insert(1, { key: 'a', weight: 1_001 })).rejects.toThrow('work_items_weight_check');
  await expect(insert(1, { weight: 2 })).rejects.toThrow('work_items_weight_check');
});

it('gives an item the priority and key of its kind, unless the caller gives others', async () => {
  const kind = defineWorkItem({
    kind: 'stamp',
    description: 'Stamps a letter.',
    payload: z.strictObject({ tenant: z.string() }),
    priority: 4,
    fairness: ({ tenant }) => ({ key: tenant, weight: 2 }),
  });
  const { item } = await enqueueWork(service.db, kind, { tenant: 'acme' });
  expect(item).toMatchObject({ priority: 4, fairnessKey: 'acme', fairnessWeight: 2 });
  const given = { priority: 1, fairness: { key: 'other' } };
  expect((await enqueueWork(service.db, kind, { tenant: 'acme' }, given)).item).toMatchObject({
    priority: 1,
    fairnessKey: 'other',
    fairnessWeight: null,
  });
  await expect(enqueueWork(service.db, kind, { tenant: '' })).rejects.toThrow(
    'The fairness of the work item kind stamp is not valid: key must not be empty.',
  );
  await expect(enqueueWork(service.db, kind, { tenant: 'acme' }, { priority: 9 })).rejects.toThrow(
    'The options of the work item stamp are not valid: priority must be a whole number from 1 to 5.',
  );
  const body = createWorkItemBody(createWorkKinds([kind]));
  expect(body.safeParse({ kind: 'stamp', payload: { tenant: '' } }).error?.issues).toMatchObject([
    { path: ['payload'], message: "The item's fairness: key must not be empty" },
  ]);
  expect(body.safeParse({ kind: 'stamp', payload: { tenant: '' }, fairness: { key: 'a' } }).success).toBe(
    true,
  );
});
