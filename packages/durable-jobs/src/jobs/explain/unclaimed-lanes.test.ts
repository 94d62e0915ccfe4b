import { expect, it } from 'vitest';
import type { Pollers } from '../../engine/task-queues.ts';
import { lacksWorker, noWorker } from './unclaimed-lanes.ts';

const first = { deploymentName: 'shop', buildId: 'first' };
const second = { deploymentName: 'shop', buildId: 'second' };
const pollers = (some: Partial<Pollers>): Pollers => ({
  isPolled: false,
  lastSeenAt: null,
  others: [],
  ...some,
});

it.each([
  ['no worker', pollers({}), true],
  ['a worker', pollers({ isPolled: true, version: first }), false],
  ['a worker, but none of the ramping version', pollers({ isPolled: true, unpolledRamp: second }), true],
  ['pollers that could not be read', undefined, false],
])('a task may wait for a worker in a queue with %s', (_what, some, lacks) => {
  expect(lacksWorker(some)).toBe(lacks);
});

it.each([
  [
    'a version that was not promoted',
    pollers({ others: [second] }),
    'their version was not promoted',
    'deployment promote second.',
  ],
  [
    'another version than the current one',
    pollers({ version: first, others: [second] }),
    'No worker of the current version first of shop polls',
    'deployment rollback second.',
  ],
  [
    'the current version alone, while another one is ramping',
    pollers({ isPolled: true, version: first, unpolledRamp: second }),
    'A part of the jobs goes to the ramping version second of shop',
    'deployment ramp second 0.',
  ],
])('advises what an operator can do with workers of %s', (_what, some, sentence, command) => {
  const why = noWorker('jobs', some, undefined);
  expect(why.sentence).toContain(sentence);
  expect(why.actions.at(-1)?.does).toContain(command);
});

it('advises to move the jobs of a version to one that has workers, and names none without one', () => {
  const moved = noWorker('jobs', pollers({ version: first, others: [second] }), first);
  expect(moved.sentence).toContain('The job is pinned to version first of shop');
  expect(moved.actions.at(-1)?.does).toContain('deployment move --from first --to second.');
  const alone = noWorker('jobs', pollers({ version: first }), first);
  expect(alone.actions).toHaveLength(1);
  expect(alone.actions[0]?.does).toContain('WORKER_BUILD_ID=first');
});
