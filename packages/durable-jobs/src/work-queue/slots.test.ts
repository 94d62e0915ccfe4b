import { describe, expect, it, vi } from 'vitest';
import { Slots } from './slots.ts';

/** Work that ends when the test says so. */
function manualWork(name: string) {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  return { name, run: vi.fn(() => ended), end };
}

type Work = ReturnType<typeof manualWork>;

const manualWorks = (...names: string[]) => names.map(manualWork) as [Work, Work, Work, ...Work[]];
const namesOf = (works: readonly Work[]): string[] => works.map(({ name }) => name);
const begun = (works: readonly Work[]): string[] =>
  namesOf(works.filter(({ run }) => run.mock.calls.length > 0));

describe('slots', () => {
  it('run as many works as there are, in order, and the next one when one ends', async () => {
    const slots = new Slots<Work>(2);
    const works = manualWorks('a', 'b', 'c', 'd');
    expect([slots.taken, slots.free]).toEqual([0, 2]);
    slots.add(works[0]);
    expect([slots.taken, slots.free]).toEqual([1, 1]);
    slots.add(...works.slice(1));
    expect(begun(works)).toEqual(['a', 'b']);
    expect([slots.taken, slots.free]).toEqual([4, 0]);
    works[1].end();
    await vi.waitFor(() => expect(begun(works)).toEqual(['a', 'b', 'c']));
    expect([slots.taken, slots.free]).toEqual([3, 0]);
    works[0].end();
    works[2].end();
    await vi.waitFor(() => expect(begun(works)).toEqual(['a', 'b', 'c', 'd']));
    expect([slots.taken, slots.free]).toEqual([1, 1]);
    expect(works.map(({ run }) => run.mock.calls.length)).toEqual([1, 1, 1, 1]);
  });

  it('give back the first waiting works that meet a condition', () => {
    const slots = new Slots<Work>(1);
    const works = manualWorks('a', 'b1', 'c', 'b2', 'b3');
    slots.add(...works);
    expect(namesOf(slots.take(2, ({ name }) => name.startsWith('b')))).toEqual(['b1', 'b2']);
    expect(namesOf(slots.take(0, () => true))).toEqual([]);
    expect(namesOf(slots.remove(({ name }) => name === 'c'))).toEqual(['c']);
    expect(slots.taken).toBe(2);
    // Running work is not among what waits.
    expect(namesOf(slots.remove())).toEqual(['b3']);
    expect(slots.taken).toBe(1);
  });
});

describe('the wait for a slot', () => {
  it('ends with the next work that ends', async () => {
    const slots = new Slots<Work>(1);
    const works = manualWorks('a', 'b', 'c');
    slots.add(...works);
    const ended = vi.fn();
    for (const work of works) {
      const { signal } = new AbortController();
      const removed = vi.spyOn(signal, 'removeEventListener');
      const freed = slots.whenFreed(signal).then(ended);
      await Promise.resolve();
      expect(ended).not.toHaveBeenCalled();
      work.end();
      await freed;
      // The signal lives as long as the service.
      expect(removed).toHaveBeenCalledOnce();
      ended.mockClear();
    }
  });

  it('ends when its signal aborts, or is aborted', async () => {
    const slots = new Slots<Work>(1);
    const [work] = manualWorks('a', 'b', 'c');
    slots.add(work);
    const stopping = new AbortController();
    const freed = slots.whenFreed(stopping.signal);
    stopping.abort();
    await freed;
    await slots.whenFreed(stopping.signal);
    expect(slots.taken).toBe(1);
  });
});

describe('the wait for all running work', () => {
  it('ends with the last of it', async () => {
    const slots = new Slots<Work>(2);
    const [a, b] = manualWorks('a', 'b', 'c');
    slots.add(a, b);
    const drained = vi.fn();
    const done = slots.drained(600_000).then(drained);
    a.end();
    await vi.waitFor(() => expect(slots.taken).toBe(1));
    expect(drained).not.toHaveBeenCalled();
    b.end();
    await done;
    expect(drained).toHaveBeenCalledWith(true);
  });

  it('ends when its time is up', async () => {
    const slots = new Slots<Work>(1);
    slots.add(manualWork('a'));
    expect(await slots.drained(1)).toBe(false);
  });

  it('leaves no timer', async () => {
    const cleared = vi.spyOn(globalThis, 'clearTimeout');
    expect(await new Slots<Work>(1).drained(600_000)).toBe(true);
    expect(cleared).toHaveBeenCalledOnce();
    cleared.mockRestore();
  });
});
