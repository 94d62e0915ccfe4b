import { expect, it, vi } from 'vitest';
import { createCompletions } from './completions.ts';
import { LeaseLostError } from './errors.ts';
import type { Completion, WorkQueue } from './work-queue.ts';

const completion = (id: string): Completion => ({ lease: { id, token: `token-${id}` }, result: null });

/** A queue that completes items with these ids together with others, and with those ids by themselves. */
function queueThat(together: readonly string[], alone: readonly string[]) {
  return {
    completeAll: vi.fn((completions: readonly Completion[]) =>
      Promise.resolve(
        new Set(completions.map(({ lease }) => lease.id).filter((id) => together.includes(id))),
      ),
    ),
    complete: vi.fn(({ lease }: Completion) => Promise.resolve(alone.includes(lease.id))),
  };
}

it('completes an item together with others, and by itself if that is not possible', async () => {
  const queue = queueThat(['a'], ['b']);
  const complete = createCompletions(queue as unknown as WorkQueue);
  await Promise.all([complete(completion('a')), complete(completion('b'))]);
  expect(queue.complete.mock.calls).toEqual([[completion('b')]]);
});

it('fails for an item of another worker, and for no other', async () => {
  const queue = queueThat(['a'], []);
  const complete = createCompletions(queue as unknown as WorkQueue);
  const [a, b] = await Promise.allSettled([complete(completion('a')), complete(completion('b'))]);
  expect(a.status).toBe('fulfilled');
  expect(b).toEqual({ status: 'rejected', reason: new LeaseLostError('b') });
});
