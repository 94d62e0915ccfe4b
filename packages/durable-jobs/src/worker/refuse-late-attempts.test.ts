import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import proto from '@temporalio/proto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, it, vi } from 'vitest';
import { processIdentity } from '../process/identity.ts';
import { refuseLateAttempts } from './refuse-late-attempts.ts';

const { PendingActivityState: State } = proto.temporal.api.enums.v1;
const secondsAgo = (seconds: number): number => Date.now() - seconds * 1_000;
const own = {
  activityId: 'a',
  attempt: 2,
  state: State.PENDING_ACTIVITY_STATE_STARTED,
  lastWorkerIdentity: processIdentity,
};
const info = {
  activityId: 'a',
  attempt: 2,
  workflowExecution: { workflowId: 'send-invoice:1', runId: 'a-run' },
  isLocal: false,
  startToCloseTimeoutMs: 60_000,
  heartbeatTimeoutMs: 0,
  scheduleToCloseTimeoutMs: 0,
  scheduledTimestampMs: secondsAgo(3_000),
  currentAttemptScheduledTimestampMs: secondsAgo(61),
};

/** The pending activities of a run, or the engine's error. */
type Answer = object[] | Error;

/** Returns what runs an attempt: with its result, or the type of its failure, and how many times the engine was asked. */
function attempts(answer: Answer): (given?: object) => Promise<{ outcome: unknown; asked: number }> {
  const interceptors = refuseLateAttempts();
  return async (given = {}) => {
    const describeWorkflowExecution = vi.fn(() =>
      answer instanceof Error ? Promise.reject(answer) : Promise.resolve({ pendingActivities: answer }),
    );
    const client = {
      options: { namespace: 'default' },
      withDeadline: (_deadline: number, call: () => unknown) => call(),
      withAbortSignal: (_signal: AbortSignal, call: () => unknown) => call(),
      workflowService: { describeWorkflowExecution },
    } as unknown as Client;
    const environment = new MockActivityEnvironment({ ...info, ...given }, { client });
    const { inbound } = interceptors(environment.context);
    const outcome: unknown = await environment
      .run(async () => inbound?.execute?.({ args: [], headers: {} }, () => Promise.resolve('done')))
      .catch((error: unknown) => {
        expect(error).toBeInstanceOf(ApplicationFailure);
        return (error as ApplicationFailure).type;
      });
    return { outcome, asked: describeWorkflowExecution.mock.calls.length };
  };
}

it.each<[string, Answer]>([
  ['the next attempt runs', [{ ...own, attempt: 3 }]],
  [
    'the next attempt waits for its time',
    [{ ...own, attempt: 3, state: State.PENDING_ACTIVITY_STATE_SCHEDULED }],
  ],
  [
    'an attempt with the same number is due after a reset',
    [{ ...own, state: State.PENDING_ACTIVITY_STATE_SCHEDULED }],
  ],
  [
    'an attempt with the same number runs on another worker after a reset',
    [{ ...own, lastWorkerIdentity: '1@elsewhere' }],
  ],
  ['the activity has ended, and another one runs', [{ ...own, activityId: 'b' }]],
  ['the run has ended', []],
  ['the run was deleted', Object.assign(new Error('not found'), { code: 5 })],
])('an attempt does not begin if %s', async (_what, answer) => {
  expect(await attempts(answer)()).toEqual({ outcome: 'LateAttempt', asked: 1 });
});

it.each<[string, Answer]>([
  ['the engine still runs it', [{ ...own, activityId: 'b', attempt: 1 }, own]],
  ['it is being cancelled', [{ ...own, state: State.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED }]],
  ['its activity is paused after it', [{ ...own, state: State.PENDING_ACTIVITY_STATE_PAUSE_REQUESTED }]],
])('an attempt that waited for a worker for long begins if %s', async (_what, answer) => {
  expect(await attempts(answer)()).toEqual({ outcome: 'done', asked: 1 });
});

it('attempts begin while the engine does not respond, which delays few of them', async () => {
  const run = attempts(Object.assign(new Error('unavailable'), { code: 14 }));
  expect(await run()).toEqual({ outcome: 'done', asked: 1 });
  expect(await run()).toEqual({ outcome: 'done', asked: 0 });
});

it.each<[string, object, number]>([
  ['was due a moment ago', { currentAttemptScheduledTimestampMs: secondsAgo(1) }, 0],
  [
    'was due before it would have to send a heartbeat',
    { heartbeatTimeoutMs: 10_000, currentAttemptScheduledTimestampMs: secondsAgo(9) },
    0,
  ],
  [
    'had to send a heartbeat since it was due',
    { heartbeatTimeoutMs: 10_000, currentAttemptScheduledTimestampMs: secondsAgo(11) },
    1,
  ],
  [
    'has used the time of all attempts',
    { scheduleToCloseTimeoutMs: 2_000_000, currentAttemptScheduledTimestampMs: secondsAgo(1) },
    1,
  ],
  ['is of a local activity', { isLocal: true }, 0],
])(
  'the engine is asked only if it may have given up the attempt: one that %s',
  async (_what, given, asked) => {
    expect(await attempts([own])(given)).toEqual({ outcome: 'done', asked });
  },
);
