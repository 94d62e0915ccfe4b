import proto from '@temporalio/proto';
import { describe, expect, it } from 'vitest';
import { countServing, pollersOf, versionsOfQueue, type DescribedPoller } from './task-queues.ts';

const { WorkerVersioningMode: Mode } = proto.temporal.api.enums.v1;

const seconds = (): number => Math.floor(Date.now() / 1_000);

const unversioned = (): DescribedPoller => ({ lastAccessTime: { seconds: seconds() } });

const ofVersion = (buildId: string, mode = Mode.WORKER_VERSIONING_MODE_VERSIONED): DescribedPoller => ({
  ...unversioned(),
  deploymentOptions: { deploymentName: 'letters', buildId, workerVersioningMode: mode },
});

const first = { deploymentName: 'letters', buildId: 'first' };
const second = { deploymentName: 'letters', buildId: 'second' };
const third = { deploymentName: 'letters', buildId: 'third' };

/** The versions of a queue, as the engine describes them. */
const versions = (current: typeof first | undefined, ramping?: typeof first, percent = 0) => ({
  ...(current && { currentDeploymentVersion: current }),
  ...(ramping && { rampingDeploymentVersion: ramping, rampingVersionPercentage: percent }),
});

describe('the workers to which the tasks of a queue go', () => {
  it.each([
    ['no worker', [], { current: undefined }, false, []],
    ['workers without a version', [unversioned()], { current: undefined }, true, []],
    ['a version that was not promoted', [ofVersion('first')], { current: undefined }, false, [first]],
    [
      'workers that name a version without being versioned',
      [ofVersion('first', Mode.WORKER_VERSIONING_MODE_UNVERSIONED)],
      { current: undefined },
      true,
      [],
    ],
    ['the current version', [ofVersion('first')], { current: first }, true, []],
    ['another version than the current one', [ofVersion('first')], { current: second }, false, [first]],
    ['workers without a version beside a current one', [unversioned()], { current: first }, false, []],
    [
      'the version of a pinned run',
      [ofVersion('first'), ofVersion('third'), ofVersion('second')],
      { current: second, pinnedTo: first },
      true,
      [second, third],
    ],
    [
      'other versions than that of a pinned run',
      [ofVersion('second'), ofVersion('second')],
      { current: second, pinnedTo: first },
      false,
      [second],
    ],
  ] as const)(
    'with %s',
    (
      _what,
      pollers,
      where: { current: typeof first | undefined; pinnedTo?: typeof first },
      isPolled,
      others,
    ) => {
      const { current, pinnedTo } = where;
      const task = { kind: 'workflow', versions: versionsOfQueue(versions(current)), pinnedTo } as const;
      expect(pollersOf(pollers, task)).toMatchObject({ isPolled, others });
    },
  );

  it.each([
    ['of both versions', [ofVersion('first'), ofVersion('second')], 10, true, undefined],
    ['of the current version alone', [ofVersion('first')], 10, true, second],
    ['of the current version alone, without a share', [ofVersion('first')], 0, true, undefined],
    ['of the ramping version alone', [ofVersion('second')], 10, false, undefined],
    ['of the ramping version alone, with all tasks', [ofVersion('second')], 100, true, undefined],
    ['without a version', [unversioned()], 10, false, second],
  ] as const)(
    'while a version is ramping, with workers %s',
    (_what, pollers, percent, isPolled, unpolledRamp) => {
      const task = { kind: 'workflow', versions: versionsOfQueue(versions(first, second, percent)) } as const;
      const { isPolled: is, unpolledRamp: ramp } = pollersOf(pollers, task);
      expect([is, ramp]).toEqual([isPolled, unpolledRamp]);
    },
  );

  it.each([
    ['current', versions(first), 2],
    ['current and ramping', versions(first, second, 10), 1],
    ['ramping with all tasks', versions(first, second, 100), 1],
    ['ramping beside workers without a version', versions(undefined, second, 10), 0],
    ['not current', versions(undefined), 0],
  ])('are counted by the version that has fewer: %s', (_what, versioningInfo, count) => {
    const pollers = [ofVersion('first'), ofVersion('first'), ofVersion('second')];
    expect(countServing({ pollers, versioningInfo } as Parameters<typeof countServing>[0])).toBe(count);
  });

  it("of a pinned run's activity are the queue's own if the queue is not of its deployment", () => {
    const others = { kind: 'activity', versions: versionsOfQueue(undefined), pinnedTo: first } as const;
    expect(pollersOf([unversioned()], others)).toMatchObject({ isPolled: true });
    expect(pollersOf([ofVersion('second')], others)).toMatchObject({ isPolled: false, version: first });
  });

  it('were last seen when the newest of them polled', () => {
    const old = { ...ofVersion('first'), lastAccessTime: { seconds: 1_700_000_000 } };
    const task = { kind: 'workflow', versions: versionsOfQueue(versions(first)) } as const;
    expect(pollersOf([old, ofVersion('second')], task)).toEqual({
      isPolled: false,
      lastSeenAt: new Date(1_700_000_000_000),
      version: first,
      others: [second],
    });
  });
});
