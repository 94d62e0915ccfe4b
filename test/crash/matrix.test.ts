import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { makePlan, type Plan } from './matrix/plan.ts';
import { runRound } from './matrix/round.ts';
import { startMatrixStack, type MatrixStack } from './matrix/stack.ts';
import { describeRound } from './matrix/table.ts';

const { load, ...form } = makePlan(1, { seconds: 10, faults: 0 });

/** A short round, with a fault of each process, and connections that end in the middle. `npm run crash` runs long ones, whose faults are random. */
const plan: Plan = {
  ...form,
  // The leases of a killed sender of other programs' emails last 90 s, which is too long for a test.
  load: load.filter(({ kind }) => kind !== 'email'),
  faults: [
    { kind: 'drop after', target: 'payment provider', atMs: 0, forMs: 4_000 },
    { kind: 'kill', target: 'worker 1', atMs: 2_000, forMs: 2_000 },
    { kind: 'kill', target: 'engine', atMs: 3_000, forMs: 2_000 },
    { kind: 'cut', target: 'api', atMs: 4_000, forMs: 1_000 },
    { kind: 'kill', target: 'api', atMs: 6_000, forMs: 2_000 },
    { kind: 'kill', target: 'mail server', atMs: 6_500, forMs: 2_000 },
    { kind: 'kill', target: 'database', atMs: 7_000, forMs: 2_000 },
  ],
};

/** Seconds are usually enough. The rest is for a busy machine, and leaves time to say what is missing before the test's own limit. */
const LIMIT_MS = 480_000;

let stack: MatrixStack;
beforeAll(async () => {
  stack = await startMatrixStack({ sources: inject('compiledSources') });
});
afterAll(() => stack.close());

it('nothing that was accepted is lost or done twice while each process is killed and started again', async () => {
  const result = await runRound(stack, plan, { limitMs: LIMIT_MS });
  expect(result.violations, describeRound(result)).toEqual([]);
  // Otherwise, nothing was tested: each killed process was alive before and has died, and callers noticed that the API was away.
  expect(result.faults.map(({ kind, target }) => `${kind} ${target}`).sort()).toEqual(
    plan.faults.map(({ kind, target }) => `${kind} ${target}`).sort(),
  );
  expect([...result.refusals.keys()].join('\n'), describeRound(result)).toMatch(/: TypeError$/m);
});
