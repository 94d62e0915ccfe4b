import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { bringBack, findCrossed, findFailingOn } from './crossed-runs.ts';

const version = { deploymentName: 'shop', buildId: 'second' };
const run = { workflowId: 'track:1', runId: 'old', version };

describe('a pinned run crossed over', () => {
  const describing = (answer: () => unknown): Client =>
    ({
      withDeadline: (_deadline: number, call: () => unknown) => call(),
      workflow: { getHandle: () => ({ describe: async () => Promise.resolve(answer()) }) },
    }) as unknown as Client;
  const first = { deploymentName: 'shop', buildId: 'first' };
  const movingTo =
    (deploymentVersion: unknown, attempt = 1) =>
    () => ({
      raw: {
        workflowExecutionInfo: { versioningInfo: { versionTransition: { deploymentVersion } } },
        pendingWorkflowTask: { attempt },
      },
    });

  it.each([
    ['if it moves to another version', movingTo(first), true],
    ['if it moves to workers without a version', movingTo(null), true],
    ['not if it moves to the version that it is pinned to', movingTo(version), false],
    ['not if it does not move', () => ({ raw: { workflowExecutionInfo: { versioningInfo: {} } } }), false],
    [
      'not if it has ended and was removed',
      () => {
        throw new WorkflowNotFoundError('not found', run.workflowId, run.runId);
      },
      false,
    ],
  ])('%s', async (_what, answer, crossed) => {
    expect(await findCrossed(describing(answer), [run])).toEqual(crossed ? [run] : []);
  });

  it.each([
    ['if its step was repeated there', movingTo(first, 2), true],
    ['not at its first attempt', movingTo(first), false],
    ['not if it moves to another version', movingTo(version, 2), false],
    ['not if it moves to workers without a version', movingTo(null, 2), false],
  ])('and fails on that version %s', async (_what, answer, fails) => {
    expect(await findFailingOn(describing(answer), [run], first)).toEqual(fails ? [run] : []);
  });

  it('or its state is unknown', async () => {
    const client = describing(() => {
      throw new Error('no permission');
    });
    await expect(findCrossed(client, [run])).rejects.toThrow('no permission');
  });
});

describe('a run is brought back', () => {
  type Event = Record<string, unknown>;
  const completed = { workflowTaskCompletedEventAttributes: {} };
  const failed = { workflowTaskFailedEventAttributes: {} };
  const timedOut = { workflowTaskTimedOutEventAttributes: {} };
  const other = { workflowExecutionSignaledEventAttributes: {} };
  const cancelRequested = {
    workflowExecutionCancelRequestedEventAttributes: { cause: 'no longer needed', identity: 'an operator' },
  };

  /** An engine with the history of the run, whose responses have two events, and the calls that change it. */
  const engine = (history: readonly Event[], afterReset: readonly Event[] = []) => {
    const calls: { method: string; request: Record<string, unknown> }[] = [];
    let events = history.map((event, index) => ({ eventId: index + 1, ...event }));
    const client = {
      options: { namespace: 'default', identity: 'test' },
      withDeadline: (_deadline: number, call: () => unknown) => call(),
      workflowService: {
        getWorkflowExecutionHistoryReverse: ({ nextPageToken }: { nextPageToken?: Uint8Array }) => {
          const from = nextPageToken?.[0] ?? 0;
          const page = events.toReversed().slice(from, from + 2);
          const isLast = from + 2 >= events.length;
          return Promise.resolve({
            history: { events: page },
            nextPageToken: isLast ? new Uint8Array() : Uint8Array.of(from + 2),
          });
        },
        resetWorkflowExecution: (request: Record<string, unknown>) => {
          calls.push({ method: 'reset', request });
          events = [...events, ...afterReset.map((event, index) => ({ eventId: 100 + index, ...event }))];
          return Promise.resolve({ runId: 'new' });
        },
        requestCancelWorkflowExecution: (request: Record<string, unknown>) => {
          calls.push({ method: 'cancel', request });
          return Promise.resolve({});
        },
      },
    } as unknown as Client;
    return { client, calls };
  };

  it.each<[string, Event[], number]>([
    ['to its last step that failed', [other, completed, other, failed, other, other, other], 4],
    ['to its last step that took too long', [other, completed, other, timedOut], 4],
    ['to its last step that completed, if it has tried none since', [other, completed, other, other], 2],
  ])('%s', async (_what, history, eventId) => {
    const { client, calls } = engine(history);
    expect(await bringBack(client, [run])).toEqual({ moved: [run], failed: [] });
    expect(calls).toMatchObject([
      {
        method: 'reset',
        request: {
          workflowExecution: { workflowId: 'track:1', runId: 'old' },
          workflowTaskFinishEventId: eventId,
          postResetOperations: [
            {
              updateWorkflowOptions: {
                workflowExecutionOptions: { versioningOverride: { pinned: { version } } },
              },
            },
          ],
        },
      },
    ]);
  });

  it.each<[string, Event[], Event[]]>([
    ['before the reset', [completed, failed, cancelRequested], []],
    ['while it was reset', [completed, failed], [cancelRequested, other, other]],
  ])('with a cancellation that was requested %s', async (_when, history, afterReset) => {
    const { client, calls } = engine(history, afterReset);
    await bringBack(client, [run]);
    expect(calls[1]).toMatchObject({
      method: 'cancel',
      request: {
        workflowExecution: { workflowId: 'track:1', runId: 'new' },
        reason: 'no longer needed',
        identity: 'an operator',
      },
    });
  });

  it('without a cancellation that the new run has anyway', async () => {
    const { client, calls } = engine([completed, cancelRequested, failed]);
    await bringBack(client, [run]);
    expect(calls.map(({ method }) => method)).toEqual(['reset']);
  });

  it('not without a step to go back to', async () => {
    const { client } = engine([other]);
    expect((await bringBack(client, [run])).failed).toEqual([
      { ...run, reason: 'its history has no step to which it could be reset' },
    ]);
  });
});
