import { sql, type Kysely } from 'kysely';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Database } from '../../domain/database/schema.ts';
import { DueItems } from '../../packages/durable-jobs/src/work-queue/due-items.ts';
import { openTestDatabase } from '../support/database.ts';
import { watchStatements } from '../support/watch-statements.ts';

const [KIND, OTHER] = ['adjust-stock', 'issue-invoice'];
/** Turns that one look plans, and keys of a kind and priority that it looks at. */
const [LINE_LENGTH, MOST_KEYS] = [256, 1_000];

let db: Kysely<Database>;
let statements = 0;
/** Called with each statement. */
let onStatement: () => void;

beforeAll(async () => {
  const database = await openTestDatabase();
  ({ db } = database);
  return database.close;
});
beforeEach(async () => {
  onStatement = () => undefined;
  await db.deleteFrom('workItems').execute();
});

interface Added {
  kind?: string;
  /** `%` is replaced by the number of the item, with four digits. */
  key?: string | null;
  priority?: number | null;
  /** How long the first of them has been due, in seconds. Each of the others is due a second later. */
  dueSeconds?: number;
}

/** The time from which the next items are due, a little later each time: the order does not depend on how fast the test is. */
let now = Date.now();

/** Adds items, named by a text and their numbers from 1. */
async function add(
  name: string,
  count: number,
  { kind = KIND, key = null, priority = null, dueSeconds = 100_000 }: Added = {},
): Promise<void> {
  await sql`INSERT INTO work_items (kind, payload, not_before, fairness_key, priority)
    SELECT ${kind}, jsonb_build_object('name', ${name}::text || n), ${new Date(now++)}::timestamptz - make_interval(secs => ${dueSeconds}::float8 - n),
      replace(${key}::text, '%', lpad(n::text, 4, '0')), ${priority}::smallint
    FROM generate_series(1, ${count}::integer) AS n`.execute(db);
}

const dueItems = (): DueItems => {
  const counted = watchStatements(db, () => {
    statements++;
    onStatement();
  });
  return new DueItems(counted, [KIND, OTHER]);
};

/** Looks, and returns the names of the items in line. */
async function look(due: DueItems, count = 10): Promise<string[]> {
  await due.look(count);
  const ids = due.next(Infinity);
  const rows = await db
    .selectFrom('workItems')
    .select(['id', sql<string>`payload ->> 'name'`.as('name')])
    .execute();
  const names = new Map(rows.map(({ id, name }) => [id, name]));
  return ids.map((id) => names.get(id) ?? '');
}

/** Names from one number to another. */
const named = (name: string, from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `${name}${from + index}`);

/** How many of the names begin with each of the texts. */
const sharesOf = (names: readonly string[], ...beginnings: string[]): number[] =>
  beginnings.map((text) => names.filter((name) => name.startsWith(text)).length);

const urgencyOf = (fairnessKey: string) => ({ priority: null, fairnessKey, fairnessWeight: null });

describe('a few due items', () => {
  it('are in line longest due first, whatever their kinds, and are all that are due', async () => {
    await add('a', 2, { dueSeconds: 50 });
    await add('b', 1, { kind: OTHER, dueSeconds: 49.5 });
    await add('later', 1, { dueSeconds: -3_600 });
    const due = dueItems();
    expect(await look(due)).toEqual(['a1', 'b1', 'a2']);
    expect(due.isComplete).toBe(true);
  });

  it('are read with one statement', async () => {
    await add('a', 99);
    statements = 0;
    await dueItems().look(10);
    expect(statements).toBe(1);
  });

  it.each<[string, Added, boolean]>([
    ['neither a priority nor a key', {}, false],
    ['a priority', { priority: 1 }, true],
    ['a key', { key: 'a' }, true],
  ])('take turns only if one has a priority or a key: %s', async (_has, urgency, isInTurns) => {
    await add('a', 1, urgency);
    const alone = dueItems();
    await alone.look(10);
    expect(alone.isInTurns).toBe(isInTurns);
    await add('plain', 2);
    const amongOthers = dueItems();
    await amongOthers.look(10);
    expect(amongOthers.isInTurns).toBe(isInTurns);
  });
});

describe('many due items of a kind', () => {
  it.each([
    [99, true],
    [100, false],
    [101, false],
  ])('may not be all that were found: %i', async (count, isComplete) => {
    await add('a', count);
    await add('b', 3, { kind: OTHER });
    const due = dueItems();
    await due.look(10);
    expect(due.isComplete).toBe(isComplete);
    expect(due.isInTurns).toBe(false);
  });

  it('take turns if one has a key, although it is behind those that were read', async () => {
    await add('plain', 150);
    await add('a', 1, { key: 'a', dueSeconds: 5 });
    const due = dueItems();
    expect(sharesOf(await look(due), 'a')).toEqual([1]);
    expect(due.isInTurns).toBe(true);
  });

  it('leave those of other kinds in line', async () => {
    await add('a', 110, { key: 'a' });
    await add('b', 2, { kind: OTHER });
    expect(sharesOf(await look(dueItems()), 'a', 'b')).toEqual([110, 2]);
  });

  it('are in line although the keys that were looked at have nothing that is due', async () => {
    await add('later', MOST_KEYS, { key: 'a%', dueSeconds: -3_600 });
    await add('z', 100, { key: 'z' });
    const due = dueItems();
    expect(await look(due)).toEqual(named('z', 1, 100));
    // The next look continues behind these keys.
    expect(sharesOf(await look(due), 'z', 'later')).toEqual([100, 0]);
  });

  it('share no turns with keys that are not due, or have another priority', async () => {
    await add('a', 300, { key: 'a', priority: 2 });
    await add('later', 1, { key: 'later', priority: 2, dueSeconds: -3_600 });
    await add('b', 300, { key: 'b', priority: 4 });
    expect(await look(dueItems())).toEqual(named('a', 1, LINE_LENGTH));
  });

  it('are followed by those of the next priority only if there are too few of them', async () => {
    await add('a', 12, { key: 'a', priority: 1 });
    await add('b', 300, { key: 'b', priority: 4 });
    expect(sharesOf(await look(dueItems(), 12), 'a', 'b')).toEqual([12, 0]);
    expect(sharesOf(await look(dueItems(), 13), 'a', 'b')).toEqual([12, LINE_LENGTH]);
  });

  it('are read with a statement for the oldest, one for the keys, and one for each priority', async () => {
    await add('a', 150, { key: 'a', priority: 2 });
    await add('b', 1, { key: 'b', priority: 4 });
    const due = dueItems();
    for (let looks = 0; looks < 2; looks++) {
      statements = 0;
      await due.look(1_000);
      // The third one finds those without a priority.
      expect(statements).toBe(2 + 3);
    }
  });
});

describe('more keys than are looked at together', () => {
  const everything = (due: DueItems): Promise<string[]> => look(due, 10_000);
  beforeEach(async () => {
    for (const priority of [2, 4]) await add(`p${priority}-`, 1_500, { key: 'key%', priority });
  });
  const inBoth = (from: number, to: number): string[] => [
    ...named('p2-', from, to),
    ...named('p4-', from, to),
  ];

  it('are looked at from where the last look ended, and from the beginning again, for each priority', async () => {
    const due = dueItems();
    expect((await everything(due)).toSorted()).toEqual(inBoth(1, 1_000).toSorted());
    const second = [...inBoth(1_001, 1_500), ...inBoth(1, 500)];
    expect((await everything(due)).toSorted()).toEqual(second.toSorted());
    expect((await everything(due)).toSorted()).toEqual(inBoth(501, 1_500).toSorted());
  });

  it('are looked at once each, although some of them are gone', async () => {
    const due = dueItems();
    await everything(due);
    await sql`DELETE FROM work_items WHERE right(fairness_key, 4)::integer <= 900`.execute(db);
    expect((await everything(due)).toSorted()).toEqual(inBoth(901, 1_500).toSorted());
    statements = 0;
    await everything(due);
    // The keys are read at once, as from the beginning.
    expect(statements).toBe(2 + 3);
  });
});

describe('due items', () => {
  it('of a key that had turns come after those of others', async () => {
    await add('a', 3, { key: 'a' });
    await add('b', 3, { key: 'b' });
    const due = dueItems();
    expect(await look(due)).toEqual(['a1', 'b1', 'a2', 'b2', 'a3', 'b3']);
    due.served(urgencyOf('a'));
    expect(await look(due)).toEqual(['b1', 'a1', 'b2', 'a2', 'b3', 'a3']);
  });

  it('that another worker left count against their key alone', async () => {
    await add('b', 1, { key: 'b' });
    await add('a', 1, { key: 'a' });
    const due = dueItems();
    for (let turns = 0; turns < 3; turns++) due.served(urgencyOf('b'), { outOfTurn: true });
    due.served(urgencyOf('a'));
    expect(await look(due)).toEqual(['a1', 'b1']);
  });

  it.each([
    ['250 ms after a fast look', 10, 250],
    ['ten times the time of a slow one', 100, 1_000],
    ['5 s after a very slow one', 2_000, 5_000],
  ])('are looked at again %s', async (_when, lasts, freshMs) => {
    await add('a', 1);
    const begin = 1_000;
    const clock = vi.spyOn(performance, 'now').mockReturnValue(begin);
    try {
      const due = dueItems();
      onStatement = () => clock.mockReturnValue(begin + lasts);
      await due.look(10);
      clock.mockReturnValue(begin + lasts + freshMs);
      expect(due.isOld).toBe(false);
      clock.mockReturnValue(begin + lasts + freshMs + 1);
      expect(due.isOld).toBe(true);
    } finally {
      clock.mockRestore();
    }
  });
});
