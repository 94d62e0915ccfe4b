import type { WorkflowExecutionDescription } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import proto from '@temporalio/proto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { processBulk } from '../bulk/process-bulk.ts';
import { summariseHistory, type HistoryEvent } from './run-state/history.ts';
import { jobView, type JobSources } from './job-view.ts';
import type { PendingActivity } from './run-state/pending-activity.ts';

/** Summary of a timer that delays the work of the job under test. */
const remindLater = 'Send the reminder';

const { PendingActivityState: Engine } = proto.temporal.api.enums.v1;
const seconds = (date: Date) => ({ seconds: Math.floor(date.getTime() / 1000), nanos: 0 }) as never;
const before = (ms: number) => new Date(Date.now() - ms);

/** An open job with one activity, whose policy waits 60, 300 and 900 s and ends with its fourth attempt. */
function jobWith(pending: PendingActivity, ...events: Partial<HistoryEvent>[]): JobSources {
  const scheduled: Partial<HistoryEvent> = {
    eventId: 5 as never,
    eventTime: seconds(before(7_200_000)),
    activityTaskScheduledEventAttributes: {
      activityId: '1',
      activityType: { name: 'chargeOrder' },
      startToCloseTimeout: { seconds: 120 as never },
      retryPolicy: {
        initialInterval: { seconds: 60 as never },
        backoffCoefficient: 5,
        maximumInterval: { seconds: 900 as never },
        maximumAttempts: 4,
      },
    },
  };
  const description = {
    workflowId: 'process-order:1',
    runId: 'a-run',
    type: 'processOrder',
    status: { name: 'RUNNING' },
    startTime: before(7_200_000),
    typedSearchAttributes: { get: () => '1' },
    raw: { pendingActivities: [{ activityId: '1', ...pending }] },
  } as unknown as WorkflowExecutionDescription;
  return {
    description,
    events: [scheduled, ...events],
    summary: summariseHistory([scheduled, ...events]),
    job: { ...processBulk, delayingTimers: [remindLater] },
    failedAttempts: [],
    retry: undefined,
    result: null,
    uiUrl: 'http://ui.example',
    namespace: 'default',
  };
}

const secondsFromNow = (times: readonly string[]) =>
  times.map((at) => Math.round((Date.parse(at) - Date.now()) / 1000) || 0);

describe('the planned attempts of a job', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
  afterEach(() => void vi.useRealTimers());

  it('wait from now if an attempt has been running for longer than its wait', () => {
    const view = jobView(
      jobWith({
        state: Engine.PENDING_ACTIVITY_STATE_STARTED,
        attempt: 1,
        lastStartedTime: seconds(before(3_600_000)),
      }),
    );
    expect(view.status).toBe('running');
    expect(secondsFromNow(view.plannedAttempts)).toEqual([60, 360, 1260]);
  });

  it('begin now if one is due and no worker takes it', () => {
    const view = jobView(
      jobWith({
        state: Engine.PENDING_ACTIVITY_STATE_SCHEDULED,
        attempt: 2,
        scheduledTime: seconds(before(3_600_000)),
      }),
    );
    expect(view.status).toBe('retrying');
    expect(secondsFromNow(view.plannedAttempts)).toEqual([0, 300, 1200]);
  });

  it("begin now if the engine's time has just passed", () => {
    const view = jobView(
      jobWith({
        state: Engine.PENDING_ACTIVITY_STATE_SCHEDULED,
        attempt: 2,
        nextAttemptScheduleTime: seconds(before(60_000)),
      }),
    );
    expect(secondsFromNow(view.plannedAttempts)).toEqual([0, 300, 1200]);
  });

  it('begin now if a timer that delays the work is due and no worker has handled it', () => {
    const sources = jobWith(
      {},
      {
        eventTime: seconds(before(360_000)),
        timerStartedEventAttributes: { startToFireTimeout: { seconds: 300 as never } },
        userMetadata: { summary: defaultPayloadConverter.toPayload(remindLater) },
      },
    );
    sources.description.raw.pendingActivities = [];
    const view = jobView(sources);
    expect(view.status).toBe('waiting');
    expect(secondsFromNow(view.plannedAttempts)).toEqual([0]);
  });

  it('are none, and there is no deadline, if a running attempt is being cancelled', () => {
    const requestedAt = new Date(Math.floor(before(5_000).getTime() / 1000) * 1000);
    const view = jobView(
      jobWith(
        {
          state: Engine.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED,
          attempt: 2,
          lastStartedTime: seconds(before(60_000)),
        },
        {
          eventTime: seconds(requestedAt),
          activityTaskCancelRequestedEventAttributes: { scheduledEventId: 5 as never },
        },
      ),
    );
    expect(view).toMatchObject({
      status: 'running',
      plannedAttempts: [],
      deadline: null,
      cancelRequestedAt: requestedAt.toISOString(),
    });
    expect(view.attempts.at(-1)).toMatchObject({ number: 2, endedAt: null, error: null });
  });

  it('are none while the workflow has not heard that the job is cancelled', () => {
    const retrying = {
      state: Engine.PENDING_ACTIVITY_STATE_SCHEDULED,
      attempt: 2,
      nextAttemptScheduleTime: seconds(new Date(Date.now() + 60_000)),
    };
    const asked: Partial<HistoryEvent> = {
      eventTime: seconds(before(1_000)),
      workflowExecutionCancelRequestedEventAttributes: {},
    };
    expect(jobView(jobWith(retrying)).plannedAttempts).toHaveLength(3);
    expect(jobView(jobWith(retrying, asked))).toMatchObject({ plannedAttempts: [], deadline: null });
    // A workflow that ignores a cancellation continues as planned.
    const heard = { workflowTaskCompletedEventAttributes: {} };
    expect(jobView(jobWith(retrying, asked, heard)).plannedAttempts).toHaveLength(3);
  });
});
