import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, it, vi } from 'vitest';
import { refuseLateAttempts } from './refuse-late-attempts.ts';

const { PendingActivityState: State } = proto.temporal.api.enums.v1;
const started = State.PENDING_ACTIVITY_STATE_STARTED;
const secondsAgo = (seconds: number): number => Date.now() - seconds * 1_000;
const own = { activityId: 'a', attempt: 2, state: started };
const execution = { workflowId: 'send-invoice:1', runId: 'a-run' };
const info = {
  activityId: 'a',
  attempt: 2,
  workflowExecution: execution,
  isLocal: false,
  startToCloseTimeoutMs: 60_000,
  currentAttemptScheduledTimestampMs: secondsAgo(61),
};

/** Runs an attempt. Returns whether it began, and how many times the engine was asked. `answer` is its pending activities, or its error. */
async function attempt(
  answer: object[] | Error,
  given: object = {},
): Promise<{ began: boolean; asked: number }> {
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
  const { inbound } = refuseLateAttempts(environment.context);
  const next = vi.fn(() => Promise.resolve('done'));
  const running = environment.run(async () => inbound?.execute?.({ args: [], headers: {} }, next));
  if (next.mock.calls.length === 0)
    await running.catch((error: unknown) =>
      expect(error).toMatchObject({ type: 'LateAttempt', nonRetryable: false }),
    );
  return { began: next.mock.calls.length > 0, asked: describeWorkflowExecution.mock.calls.length };
}

it.each<[string, object[] | Error]>([
  ['the next attempt runs', [{ ...own, attempt: 3 }]],
  [
    'the next attempt waits for its time',
    [{ ...own, attempt: 3, state: State.PENDING_ACTIVITY_STATE_SCHEDULED }],
  ],
  ['the activity has ended, and another one runs', [{ ...own, activityId: 'b' }]],
  ['the run has ended', []],
  ['the run was deleted', Object.assign(new Error('not found'), { code: 5 })],
])('an attempt does not begin if %s', async (_what, answer) => {
  expect(await attempt(answer)).toEqual({ began: false, asked: 1 });
});

it.each<[string, object[] | Error]>([
  ['the engine still runs it', [{ ...own, activityId: 'b', attempt: 1 }, own]],
  ['it is being cancelled', [{ ...own, state: State.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED }]],
  ['its activity is paused after it', [{ ...own, state: State.PENDING_ACTIVITY_STATE_PAUSE_REQUESTED }]],
  ['the engine does not respond', Object.assign(new Error('unavailable'), { code: 14 })],
])('an attempt that waited for a worker for long begins if %s', async (_what, answer) => {
  expect(await attempt(answer)).toEqual({ began: true, asked: 1 });
});

it.each([
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
  ['is of a local activity', { isLocal: true }, 0],
])(
  'the engine is asked only if it may have given up the attempt: one that %s',
  async (_what, given, asked) => {
    expect(await attempt([own], given)).toEqual({ began: true, asked });
  },
);
