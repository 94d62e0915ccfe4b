import pg from 'pg';
import { describe, expect, it, vi } from 'vitest';
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
    await vi.waitFor(() => expect(batches).toEqual([['a'], ['b', 'c']]));
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
    await vi.waitFor(() => expect(batches).toEqual([['a'], ['b']]));
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

function databaseError(code: string): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError('refused', 7, 'error'), { code });
}
