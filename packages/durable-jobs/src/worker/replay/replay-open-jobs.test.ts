import proto from '@temporalio/proto';
import { describe, expect, it } from 'vitest';
import type { HistoryEvent } from '../../jobs/run-state/history.ts';
import { upToLastTask } from './read-open-history.ts';
import { isReplayed, isStuck } from './replay-open-jobs.ts';

const { HistoryEvent: Event } = proto.temporal.api.history.v1;
const { VersioningBehavior, WorkflowTaskFailedCause: Cause } = proto.temporal.api.enums.v1;
type Fields = Parameters<typeof Event.create>[0];

const event = (fields: Fields): HistoryEvent => Event.create(fields);
const started = event({ workflowExecutionStartedEventAttributes: {} });
const scheduled = event({ workflowTaskScheduledEventAttributes: {} });
const begun = event({ workflowTaskStartedEventAttributes: {} });
const completed = event({ workflowTaskCompletedEventAttributes: {} });
const timer = event({ timerStartedEventAttributes: {} });
const failed = (cause: proto.temporal.api.enums.v1.WorkflowTaskFailedCause): HistoryEvent =>
  event({ workflowTaskFailedEventAttributes: { cause } });
const task = [scheduled, begun, completed];

describe('an open history', () => {
  it.each<[string, HistoryEvent[], boolean]>([
    ['that has decided something', [started, ...task, timer], true],
    ['whose workflow task is in progress', [started, ...task, timer, scheduled, begun], true],
    ['that has not begun', [started], false],
    ['whose first workflow task is in progress', [started, scheduled, begun], false],
    [
      'that stays on the code that it started with',
      [
        started,
        event({
          workflowTaskCompletedEventAttributes: {
            versioningBehavior: VersioningBehavior.VERSIONING_BEHAVIOR_PINNED,
          },
        }),
      ],
      false,
    ],
  ])('%s: replayed %s', (_what, events, replayed) => {
    expect(isReplayed(events)).toBe(replayed);
  });

  it.each<[string, HistoryEvent[], boolean]>([
    ['that runs', [started, ...task], false],
    [
      'whose code does not replay',
      [started, ...task, scheduled, begun, failed(Cause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR)],
      true,
    ],
    [
      'whose code throws, with its next attempt in progress',
      [
        started,
        ...task,
        failed(Cause.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE),
        scheduled,
        begun,
      ],
      true,
    ],
    [
      'that continued after a failure',
      [started, failed(Cause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR), ...task],
      false,
    ],
    [
      'that was reset',
      [
        started,
        ...task,
        scheduled,
        begun,
        failed(Cause.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW),
        scheduled,
      ],
      false,
    ],
  ])('%s: stuck %s', (_what, events, stuck) => {
    expect(isStuck(events)).toBe(stuck);
  });

  it('that is cut ends with a workflow task in progress', () => {
    const first = [started, ...task, timer];
    expect(upToLastTask([...first, ...task, timer])).toEqual([...first, scheduled, begun]);
    expect(upToLastTask([started])).toEqual([]);
  });
});
