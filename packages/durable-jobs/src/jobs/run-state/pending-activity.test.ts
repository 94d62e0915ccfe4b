import proto from '@temporalio/proto';
import { describe, expect, it } from 'vitest';
import {
  activityStateOf,
  isPaused,
  isRetrying,
  isRunning,
  type ActivityState,
  type PendingActivity,
} from './pending-activity.ts';

const { PendingActivityState: Engine } = proto.temporal.api.enums.v1;
const nextAttemptScheduleTime = { seconds: 4_000_000_000 } as never;

const cases: [
  string,
  PendingActivity,
  ActivityState,
  { runs: boolean; retries: boolean; paused: boolean },
][] = [
  [
    'a first attempt that no worker has',
    { state: Engine.PENDING_ACTIVITY_STATE_SCHEDULED, attempt: 1 },
    'queued',
    { runs: false, retries: false, paused: false },
  ],
  [
    'a second attempt whose time is to come',
    { state: Engine.PENDING_ACTIVITY_STATE_SCHEDULED, attempt: 2, nextAttemptScheduleTime },
    'backing-off',
    { runs: false, retries: true, paused: false },
  ],
  [
    'a second attempt that is due',
    { state: Engine.PENDING_ACTIVITY_STATE_SCHEDULED, attempt: 2 },
    'queued',
    { runs: false, retries: true, paused: false },
  ],
  [
    'an attempt that a worker runs',
    { state: Engine.PENDING_ACTIVITY_STATE_STARTED, attempt: 2 },
    'running',
    { runs: true, retries: false, paused: false },
  ],
  [
    'a running attempt whose cancellation was requested',
    { state: Engine.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED, attempt: 2 },
    'cancelling',
    { runs: true, retries: false, paused: false },
  ],
  [
    'the same after it had been paused',
    { state: Engine.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED, attempt: 2, paused: true },
    'cancelling',
    { runs: true, retries: false, paused: false },
  ],
  [
    'a running attempt that is paused',
    { state: Engine.PENDING_ACTIVITY_STATE_PAUSE_REQUESTED, attempt: 2, paused: true },
    'pausing',
    { runs: true, retries: false, paused: true },
  ],
  [
    'what is paused between two attempts',
    { state: Engine.PENDING_ACTIVITY_STATE_PAUSED, attempt: 2, paused: true },
    'paused',
    { runs: false, retries: false, paused: true },
  ],
];

describe('the state of an activity', () => {
  it.each(cases)('%s', (_, activity, state, { runs, retries, paused }) => {
    expect(activityStateOf(activity)).toBe(state);
    expect(isRunning(activity)).toBe(runs);
    expect(isRetrying(activity)).toBe(retries);
    expect(isPaused(activity)).toBe(paused);
  });

  it('is known for every state of the engine', () => {
    const known = new Set(cases.map(([, { state }]) => state));
    const all = Object.values(Engine).filter((value) => typeof value === 'number');
    all.splice(all.indexOf(Engine.PENDING_ACTIVITY_STATE_UNSPECIFIED), 1);
    expect([...known].toSorted()).toEqual(all.toSorted());
  });
});
