import proto from '@temporalio/proto';
import { describe, expect, it } from 'vitest';
import { summariseHistory, type HistoryEvent } from './history.ts';

const { WorkflowTaskFailedCause } = proto.temporal.api.enums.v1;

/** A history of these events, each with only the fields that are read. */
const summarise = (...events: Partial<HistoryEvent>[]) => summariseHistory(events);
const signal = (signalName: string) => ({
  workflowExecutionSignaledEventAttributes: { signalName, identity: 'an operator' },
});
const started = (input: unknown) => ({
  workflowExecutionStartedEventAttributes: {
    input: { payloads: [{ data: Buffer.from(JSON.stringify(input)) }] },
  },
});

describe('a history', () => {
  it('detects a paused job from the last of its messages', () => {
    expect(summarise(signal('pauseBulk')).heldBack).toMatchObject({ by: 'an operator' });
    expect(summarise(signal('pauseBulk'), signal('resumeBulk')).heldBack).toBeUndefined();
    expect(summarise(signal('resumeJob'), signal('pauseJob')).heldBack).toBeDefined();
    expect(summarise(signal('pausedElsewhere')).heldBack).toBeUndefined();
  });

  it('recognizes a run that continues a paused one', () => {
    expect(summarise(started({ resumeAt: { paused: true } })).heldBack).toBeDefined();
    expect(summarise(started({ resumeAt: { paused: true } }), signal('resumeBulk')).heldBack).toBeUndefined();
    for (const input of [{ resumeAt: { paused: false } }, {}, null, 'text', 1]) {
      expect(summarise(started(input)).heldBack).toBeUndefined();
    }
  });

  it('says why code fails, until it succeeds', () => {
    const failed = {
      workflowTaskFailedEventAttributes: {
        cause: WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR,
        failure: { message: 'Nondeterminism' },
      },
    } as Partial<HistoryEvent>;
    const completed = { workflowTaskCompletedEventAttributes: {} } as Partial<HistoryEvent>;
    expect(summarise(failed).codeFailure).toMatchObject({ cause: 24, error: { message: 'Nondeterminism' } });
    expect(summarise(failed, completed).codeFailure).toBeUndefined();
    const overtaken = {
      workflowTaskFailedEventAttributes: {
        cause: WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND,
        failure: { message: 'UnhandledCommand' },
      },
    } as Partial<HistoryEvent>;
    expect(summarise(overtaken).codeFailure).toBeUndefined();
    expect(summarise({ workflowTaskTimedOutEventAttributes: {} }).codeFailure).toMatchObject({
      cause: 'timeout',
    });
  });

  it('reports who ended a job, and why', () => {
    const { termination, failure } = summarise({
      workflowExecutionTerminatedEventAttributes: { identity: 'an operator', reason: 'enough' },
    });
    expect(termination).toMatchObject({ by: 'an operator', reason: 'enough' });
    expect(failure).toBeUndefined();
    expect(summarise({ workflowExecutionTimedOutEventAttributes: {} }).failure?.code).toBe('Timeout');
  });
});
