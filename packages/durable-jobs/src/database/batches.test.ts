import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createBatches } from './batches.ts';

/** A writer whose statements end when the test says so. */
function createWriter() {
  const batches: (readonly string[])[] = [];
  const ends: (() => void)[] = [];
  const write = async (items: readonly string[]): Promise<readonly string[]> => {
    batches.push(items);
    await new Promise<void>((resolve) => ends.push(resolve));
    return items.map((item) => item.toUpperCase());
  };
  return { batches, ends, write };
}

describe('createBatches', () => {
  it('writes one item at once, and those that come meanwhile with one statement', async () => {
    const { batches, ends, write } = createWriter();
    const add = createBatches(write);

    const first = add('a');
    const others = [add('b'), add('c')];
    expect(batches).toEqual([['a']]);
    ends[0]?.();
    expect(await first).toBe('A');
    await vi.waitFor(() => expect(batches).toEqual([['a'], ['b', 'c']]), 60_000);
    ends[1]?.();
    expect(await Promise.all(others)).toEqual(['B', 'C']);
  });

  it('writes an item that comes after a pause', async () => {
    const { batches, ends, write } = createWriter();
    const add = createBatches(write);

    const first = add('a');
    ends[0]?.();
    await first;
    const second = add('b');
    await vi.waitFor(() => expect(batches).toEqual([['a'], ['b']]), 60_000);
    ends[1]?.();
    expect(await second).toBe('B');
  });

  it('gathers before the first statement if it lingers', async () => {
    const { batches, ends, write } = createWriter();
    const add = createBatches(
      async (items: readonly string[]) => {
        const written = write(items);
        ends.at(-1)?.();
        return written;
      },
      { lingerMs: 1 },
    );

    expect(await Promise.all([add('a'), add('b')])).toEqual(['A', 'B']);
    expect(batches).toEqual([['a', 'b']]);
  });

  it('fails only the item whose value the database refuses', async () => {
    const add = createBatches(async (items: readonly string[]) => {
      await Promise.resolve();
      if (items.includes('bad')) throw databaseError('22021');
      return items;
    });

    const results = await Promise.allSettled([add('first'), add('good'), add('bad'), add('better')]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  });

  it('fails all items of a batch, without trying each, if the database is unavailable', async () => {
    let statements = 0;
    const add = createBatches(async (): Promise<string[]> => {
      await Promise.resolve();
      statements++;
      throw databaseError('57P01');
    });

    const results = await Promise.allSettled([add('a'), add('b'), add('c')]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(statements).toBe(2);
  });
});

describe('a statement that does not end', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('holds back others for a second only, and is one of four at most', async () => {
    const { batches, write } = createWriter();
    const add = createBatches(write);
    const begin = (letter: string): void => void add(letter).catch(() => undefined);
    begin('a');
    begin('b');
    await vi.advanceTimersByTimeAsync(999);
    expect(batches).toEqual([['a']]);
    await vi.advanceTimersByTimeAsync(1);
    expect(batches).toEqual([['a'], ['b']]);
    for (const letter of ['c', 'd', 'e', 'f']) {
      begin(letter);
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(batches).toEqual([['a'], ['b'], ['c'], ['d']]);
  });

  it('is given up after 25 s, for its own callers', async () => {
    const { batches, ends, write } = createWriter();
    const add = createBatches(write);
    const first = add('a').catch((error: unknown) => error);
    const second = add('b');
    await vi.advanceTimersByTimeAsync(1_000);
    ends[1]?.();
    expect(await second).toBe('B');
    await vi.advanceTimersByTimeAsync(24_000);
    expect(await first).toMatchObject({ name: 'DatabaseSilentError' });

    const third = add('c');
    expect(batches).toEqual([['a'], ['b'], ['c']]);
    ends[2]?.();
    expect(await third).toBe('C');
  });

  it('leaves one writer when it ends after all', async () => {
    const { batches, ends, write } = createWriter();
    const add = createBatches(write);
    const slow = add('a');
    const beside = add('b');
    await vi.advanceTimersByTimeAsync(1_000);
    const later = add('c');
    ends[0]?.();
    expect(await slow).toBe('A');
    await vi.advanceTimersByTimeAsync(0);
    expect(batches).toEqual([['a'], ['b']]);
    ends[1]?.();
    expect(await beside).toBe('B');
    await vi.advanceTimersByTimeAsync(0);
    ends[2]?.();
    expect(await later).toBe('C');
    expect(batches).toEqual([['a'], ['b'], ['c']]);
  });
});

function databaseError(code: string): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError('refused', 7, 'error'), { code });
}
