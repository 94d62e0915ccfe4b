import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { describe, expect, it } from 'vitest';
import type { HistoryEvent } from '../../jobs/run-state/history.ts';
import { readOpenHistory, type OpenHistory } from './read-open-history.ts';

const { HistoryEvent: Event } = proto.temporal.api.history.v1;
const { VersioningBehavior, WorkflowTaskFailedCause: Cause } = proto.temporal.api.enums.v1;
type Fields = Parameters<typeof Event.create>[0];

const started: Fields = { workflowExecutionStartedEventAttributes: {} };
const scheduled: Fields = { workflowTaskScheduledEventAttributes: {} };
const begun: Fields = { workflowTaskStartedEventAttributes: {} };
const signaled: Fields = { workflowExecutionSignaledEventAttributes: {} };
const completed: Fields = { workflowTaskCompletedEventAttributes: {} };
/** A command of the last completed task. */
const timer: Fields = { timerStartedEventAttributes: {} };
const fired: Fields = { timerFiredEventAttributes: {} };
const ended: Fields = { workflowExecutionCompletedEventAttributes: {} };
const task = [scheduled, begun, completed];
const failed = (cause: proto.temporal.api.enums.v1.WorkflowTaskFailedCause): Fields => ({
  workflowTaskFailedEventAttributes: { cause },
});
const doesNotReplay = failed(Cause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR);

/** Numbers events, gives each the second of its number as its time, and commands the task that made them. */
function historyOf(all: readonly Fields[]): HistoryEvent[] {
  let completedId = 0;
  return all.map((fields, index) => {
    const eventId = index + 1;
    if (fields?.workflowTaskCompletedEventAttributes) completedId = eventId;
    const command = fields?.timerStartedEventAttributes ?? fields?.workflowExecutionCompletedEventAttributes;
    return Event.fromObject({
      ...(command ? withTask(fields, completedId) : fields),
      eventId,
      eventTime: { seconds: eventId },
    });
  });
}

function withTask(fields: Fields, workflowTaskCompletedEventId: number): object {
  return Object.fromEntries(Object.keys(fields ?? {}).map((key) => [key, { workflowTaskCompletedEventId }]));
}

/** Reads a history from an engine that returns this number of events at a time. */
async function read(
  all: readonly Fields[],
  { pageSize = 100, events = 5_000 } = {},
): Promise<OpenHistory | undefined> {
  const history = historyOf(all);
  const client = {
    options: { namespace: 'default' },
    workflowService: {
      getWorkflowExecutionHistory: ({ nextPageToken }: { nextPageToken?: Uint8Array }) => {
        const from = nextPageToken?.[0] ?? 0;
        const to = from + pageSize;
        return Promise.resolve({
          history: { events: history.slice(from, to) },
          nextPageToken: Uint8Array.from(to < history.length ? [to] : []),
        });
      },
      getWorkflowExecutionHistoryReverse: () =>
        Promise.resolve({ history: { events: history.slice(-pageSize).toReversed() } }),
    },
  } as unknown as Client;
  return readOpenHistory(client, { workflowId: 'order:1', runId: 'run' }, { events, bytes: 1e6 });
}

const lengthOf = async (...args: Parameters<typeof read>): Promise<number | undefined> =>
  (await read(...args))?.events.length;

describe('of an open history, a worker replays', () => {
  it.each<[string, Fields[], number | undefined]>([
    ['the commands of the last completed task', [started, ...task, timer], 5],
    ['nothing after them', [started, ...task, timer, fired, signaled], 5],
    ['not the task in progress', [started, ...task, timer, fired, scheduled, begun], 5],
    ['not a task in progress that follows one without a command', [started, ...task, scheduled, begun], 4],
    [
      'not the task that fails',
      [started, ...task, timer, fired, scheduled, begun, doesNotReplay, scheduled, begun],
      5,
    ],
    ['each completed task', [started, ...task, timer, fired, ...task, timer, timer], 11],
    ['nothing if it has not begun', [started], undefined],
    ['nothing if its first task is in progress', [started, scheduled, begun], undefined],
    ['nothing if the run has ended meanwhile', [started, ...task, timer, fired, ...task, ended], undefined],
    [
      'nothing if it was terminated meanwhile',
      [started, ...task, timer, { workflowExecutionTerminatedEventAttributes: {} }],
      undefined,
    ],
    [
      'nothing if it stays on the code that it started with',
      [
        started,
        {
          workflowTaskCompletedEventAttributes: {
            versioningBehavior: VersioningBehavior.VERSIONING_BEHAVIOR_PINNED,
          },
        },
      ],
      undefined,
    ],
  ])('%s', async (_what, events, length) => {
    expect(await lengthOf(events)).toBe(length);
    expect(await lengthOf(events, { pageSize: 1 })).toBe(length);
  });

  it('the beginning of a long one, without the task whose commands may be cut', async () => {
    const long = [started, ...task, timer, timer, fired, ...task, timer, timer, fired, ...task];
    expect(await lengthOf(long, { pageSize: 11, events: 11 })).toBe(6);
    await expect(read(long, { pageSize: 4, events: 4 })).rejects.toThrow('first 4 events');
  });

  it('nothing of a long one whose run has ended meanwhile', async () => {
    const long = [started, ...task, timer, fired, ...task, timer, fired, ...task, ended];
    expect(await lengthOf(long, { pageSize: 11, events: 11 })).toBeUndefined();
  });
});

describe('a job is stuck', () => {
  const before = [started, ...task, timer, fired];
  const threw = failed(Cause.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE);
  it.each<[string, Fields[], number | undefined]>([
    ['not if it runs', [...before, ...task, timer], undefined],
    ['since its code does not replay', [...before, scheduled, begun, doesNotReplay], 9],
    ['since its code throws', [...before, scheduled, begun, threw, scheduled, begun], 9],
    ['not if it continued after a failure', [...before, scheduled, begun, doesNotReplay, ...task], undefined],
    [
      'not if it was reset',
      [
        ...before,
        scheduled,
        begun,
        failed(Cause.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW),
        scheduled,
        begun,
      ],
      undefined,
    ],
  ])('%s', async (_what, events, second) => {
    const since = second === undefined ? undefined : new Date(second * 1_000);
    expect((await read(events))?.stuckSince).toEqual(since);
  });

  it('if the end of a history says so of which the beginning is replayed', async () => {
    const long = [started, ...task, timer, fired, ...task, timer, fired, scheduled, begun, doesNotReplay];
    const { events, stuckSince } = (await read(long, { pageSize: 11, events: 11 })) ?? {};
    expect([events?.length, stuckSince]).toEqual([5, new Date(14_000)]);
  });
});
