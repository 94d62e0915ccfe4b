import { CancelledFailure } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { walk } from './walk.ts';

const schema = z.object({ at: z.number() });

/** Walks to 5, and notes the places from which it took a step. */
async function walkToFive(env: MockActivityEnvironment, steps: number[]): Promise<unknown> {
  return env.run(() =>
    walk(schema, { at: 0 }, ({ at }) => {
      steps.push(at);
      return Promise.resolve({ checkpoint: { at: at + 1 }, done: at + 1 === 5 });
    }),
  );
}

describe('a walk', () => {
  it('tells after each step if it is, and ends with where it came to', async () => {
    const env = new MockActivityEnvironment();
    const told: unknown[] = [];
    env.on('heartbeat', (details: unknown) => told.push(details));
    expect(await walkToFive(env, [])).toEqual({ at: 5 });
    expect(told).toEqual([{ at: 1 }, { at: 2 }, { at: 3 }, { at: 4 }, { at: 5 }]);
  });

  it('continues from where the previous attempt stopped', async () => {
    const steps: number[] = [];
    await walkToFive(new MockActivityEnvironment({ heartbeatDetails: { at: 3 } }), steps);
    expect(steps).toEqual([3, 4]);
  });

  it('starts over if an earlier release recorded another position', async () => {
    const steps: number[] = [];
    await walkToFive(new MockActivityEnvironment({ heartbeatDetails: { page: 'x' } }), steps);
    expect(steps).toEqual([0, 1, 2, 3, 4]);
  });

  it('ends between two steps when it is cancelled', async () => {
    const env = new MockActivityEnvironment();
    env.on('heartbeat', () => env.cancel());
    const steps: number[] = [];
    await expect(walkToFive(env, steps)).rejects.toBeInstanceOf(CancelledFailure);
    expect(steps).toEqual([0]);
  });
});
