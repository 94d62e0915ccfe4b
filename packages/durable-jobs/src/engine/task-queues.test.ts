import proto from '@temporalio/proto';
import { describe, expect, it } from 'vitest';
import { pollersOf, type DescribedPoller } from './task-queues.ts';

const { WorkerVersioningMode: Mode } = proto.temporal.api.enums.v1;

const seconds = (): number => Math.floor(Date.now() / 1_000);

const unversioned = (): DescribedPoller => ({ lastAccessTime: { seconds: seconds() } });

const ofVersion = (buildId: string, mode = Mode.WORKER_VERSIONING_MODE_VERSIONED): DescribedPoller => ({
  ...unversioned(),
  deploymentOptions: { deploymentName: 'letters', buildId, workerVersioningMode: mode },
});

const first = { deploymentName: 'letters', buildId: 'first' };
const second = { deploymentName: 'letters', buildId: 'second' };

describe('the workers to which the tasks of a queue go', () => {
  it.each([
    ['no worker', [], { current: undefined }, false, false],
    ['workers without a version', [unversioned()], { current: undefined }, true, false],
    ['a version that was not promoted', [ofVersion('first')], { current: undefined }, false, true],
    [
      'workers that name a version without being versioned',
      [ofVersion('first', Mode.WORKER_VERSIONING_MODE_UNVERSIONED)],
      { current: undefined },
      true,
      false,
    ],
    ['the current version', [ofVersion('first')], { current: first }, true, false],
    ['another version than the current one', [ofVersion('first')], { current: second }, false, true],
    ['workers without a version beside a current one', [unversioned()], { current: first }, false, true],
    [
      'the version of a pinned run',
      [ofVersion('first'), ofVersion('second')],
      { current: second, pinnedTo: first },
      true,
      true,
    ],
    [
      'other versions than that of a pinned run',
      [ofVersion('second')],
      { current: second, pinnedTo: first },
      false,
      true,
    ],
  ] as const)('with %s', (_what, pollers, where, isPolled, isPolledByOthers) => {
    expect(pollersOf(pollers, { kind: 'workflow', ...where })).toMatchObject({ isPolled, isPolledByOthers });
  });

  it("of a pinned run's activity are the queue's own if the queue is not of its deployment", () => {
    const others = { kind: 'activity', current: undefined, pinnedTo: first } as const;
    expect(pollersOf([unversioned()], others)).toMatchObject({ isPolled: true });
    expect(pollersOf([ofVersion('second')], others)).toMatchObject({ isPolled: false, version: first });
  });

  it('were last seen when the newest of them polled', () => {
    const old = { ...ofVersion('first'), lastAccessTime: { seconds: 1_700_000_000 } };
    expect(pollersOf([old, ofVersion('second')], { kind: 'workflow', current: first })).toEqual({
      isPolled: false,
      lastSeenAt: new Date(1_700_000_000_000),
      version: first,
      isPolledByOthers: true,
    });
  });
});
