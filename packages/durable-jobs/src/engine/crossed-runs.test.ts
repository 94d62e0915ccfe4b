import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { describe, expect, it, vi } from 'vitest';
import { bringBackCrossed, bringBackFailing } from './crossed-runs.ts';

const first = { deploymentName: 'shop', buildId: 'first' };
const version = { deploymentName: 'shop', buildId: 'second' };
const run = { workflowId: 'track:1', runId: 'old', version };

describe('a run is brought back', () => {
  type Event = Record<string, unknown>;
  const completed = { workflowTaskCompletedEventAttributes: {} };
  const failed = { workflowTaskFailedEventAttributes: {} };
  const timedOut = { workflowTaskTimedOutEventAttributes: {} };
  const other = { workflowExecutionSignaledEventAttributes: {} };
  const cancelRequested = {
    workflowExecutionCancelRequestedEventAttributes: { cause: 'no longer needed', identity: 'an operator' },
  };

  interface Run {
    runId?: string;
    status?: string;
    /** The version to which it moves, or null for workers without a version; undefined if it does not move. */
    to?: unknown;
    attempt?: number;
    resetRunId?: string;
  }

  const described = ({ runId = 'old', status = 'RUNNING', to, attempt = 1, resetRunId = '' }: Run) => ({
    runId,
    status: { name: status },
    raw: {
      workflowExecutionInfo: {
        versioningInfo: to === undefined ? {} : { versionTransition: { deploymentVersion: to } },
      },
      pendingWorkflowTask: { attempt },
      workflowExtendedInfo: { resetRunId },
    },
  });

  /**
   * An engine with the history of the run, whose responses have two events, and the calls that change it. `newest` are the descriptions of the
   * job's newest run, one for each look at it; the last one repeats.
   */
  const engine = (
    history: readonly Event[],
    afterReset: readonly Event[] = [],
    newest: readonly Run[] = [{ to: first }],
  ) => {
    let looks = 0;
    const calls: { method: string; request: Record<string, unknown> }[] = [];
    let events = history.map((event, index) => ({ eventId: index + 1, ...event }));
    const client = {
      options: { namespace: 'default', identity: 'test' },
      withDeadline: (_deadline: number, call: () => unknown) => call(),
      workflow: {
        getHandle: (_id: string, runId?: string) => ({
          describe: () =>
            Promise.resolve(
              runId === undefined
                ? described(newest[Math.min(looks++, newest.length - 1)] ?? {})
                : described({ runId, status: 'TERMINATED', resetRunId: 'new' }),
            ),
        }),
      },
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
    expect(await bringBackCrossed(client, [run])).toEqual({ moved: [run], failed: [] });
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
    ['before an attempt that the reset ended', [completed, cancelRequested], [failed, other]],
  ])('with a cancellation that was requested %s', async (_when, history, afterReset) => {
    const { client, calls } = engine(history, afterReset);
    await bringBackCrossed(client, [run]);
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
    await bringBackCrossed(client, [run]);
    expect(calls.map(({ method }) => method)).toEqual(['reset']);
  });

  it.each<[string, Run[], number]>([
    ['if it moves to another version', [{ to: first }], 1],
    ['if it moves to workers without a version', [{ to: null }], 1],
    ['not if it moves to the version that it is pinned to', [{ to: version }], 0],
    ['not if it does not move', [{}], 0],
    ['not if it has ended', [{ to: first, status: 'COMPLETED' }], 0],
    ['not if the next run of the job has begun', [{ to: first, runId: 'next' }], 0],
    ['not if it ends a moment before the reset', [{ to: first }, { to: first, status: 'COMPLETED' }], 0],
    [
      'not if the next run of the job begins a moment before the reset',
      [{ to: first }, { runId: 'next' }],
      0,
    ],
    ['not if it takes the step a moment before the reset', [{ to: first }, {}], 0],
  ])('%s', async (_what, newest, resets) => {
    const { client, calls } = engine([completed, other], [], newest);
    expect((await bringBackCrossed(client, [run])).moved).toHaveLength(resets);
    expect(calls).toHaveLength(resets);
  });

  it.each<[string, Event, Run, number]>([
    ['if its step failed there', failed, { to: first, attempt: 2 }, 1],
    ['if its step takes too long there again and again', timedOut, { to: first, attempt: 5 }, 1],
    ['not if its step took too long there once', timedOut, { to: first, attempt: 2 }, 0],
    ['not at the first attempt', completed, { to: first }, 0],
    ['not if it moves to another version', failed, { to: version, attempt: 2 }, 0],
    ['not if it moves to workers without a version', failed, { to: null, attempt: 2 }, 0],
  ])('that fails on a version, %s', async (_what, end, newest, resets) => {
    const { client, calls } = engine([completed, end], [], [newest]);
    expect((await bringBackFailing(client, [run], first)).moved).toHaveLength(resets);
    expect(calls).toHaveLength(resets);
  });

  it('once, although the response to the reset was lost', async () => {
    const err = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const { client, calls } = engine(
      [completed, cancelRequested],
      [],
      [{ to: first }, { to: first }, { runId: 'new' }],
    );
    const reset = client.workflowService.resetWorkflowExecution.bind(client.workflowService);
    client.workflowService.resetWorkflowExecution = (async (request: object) => {
      await reset(request);
      throw Object.assign(new Error('no response'), { code: 14 });
    }) as unknown as typeof reset;
    expect((await bringBackCrossed(client, [run])).moved).toEqual([run]);
    expect(calls).toMatchObject([
      { method: 'reset', request: { reason: 'continues on version second, and is then cancelled again' } },
      { method: 'cancel', request: { workflowExecution: { runId: 'new' } } },
    ]);
    err.mockRestore();
  });

  it('unless it was removed, and it is reported if its state is unknown', async () => {
    const describing = (error: Error): Client => {
      const { client } = engine([completed]);
      client.workflow.getHandle = (() => ({ describe: () => Promise.reject(error) })) as never;
      return client;
    };
    const removed = new WorkflowNotFoundError('not found', run.workflowId, run.runId);
    expect(await bringBackCrossed(describing(removed), [run])).toEqual({ moved: [], failed: [] });
    const reason = 'no permission';
    expect((await bringBackCrossed(describing(new Error(reason)), [run])).failed).toEqual([
      { ...run, reason },
    ]);
  });

  it('not without a step to go back to', async () => {
    const { client } = engine([other]);
    expect((await bringBackCrossed(client, [run])).failed).toEqual([
      { ...run, reason: 'its history has no step to which it could be reset' },
    ]);
  });
});
