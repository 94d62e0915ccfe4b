import { ReplayError, Worker, type ReplayResult } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { describe, expect, it, vi } from 'vitest';
import { failureOf, messageWithin, replayEach } from './replay-each.ts';

it.each([
  [
    'Replay failed with a nondeterminism error. Details: Workflow activation completion failed: Failure { failure: Some(Failure { message: "[TMPRL1100] Nondeterminism error: No command for \\"x\\"", source: "", stack_trace: "" }), force_cause: Unspecified }',
    'Nondeterminism error: No command for "x"',
  ],
  [
    'Replay failed due workflow task failure. Details: x',
    'Replay failed due workflow task failure. Details: x',
  ],
  [
    'Replay failed due workflow task failure. Details: Workflow activation completion failed: Failure { failure: Some(Failure { message: "Script execution timed out after 5000ms", source: "TypeScriptSDK" }) }',
    'the workflow code does not return (Script execution timed out after 5000ms): it may loop endlessly',
  ],
])('the reason is the message of the failure itself: %s', (description, message) => {
  expect(messageWithin(description)).toBe(message);
});

it.each<[string, Error]>([
  [
    'nondeterministic',
    new DeterminismViolationError('Replay failed with a nondeterminism error. Details: x'),
  ],
  ['failed', new ReplayError('Replay failed due workflow task failure. Details: x')],
  ['internal', new ReplayError('Replay failed due to internal SDK issue. Code: FATAL, Details: x')],
  ['internal', new ReplayError('Replay failed due to internal SDK issue. Code: CACHE_MISS, Details: x')],
])('only the code is to blame for what the code does: %s', (kind, error) => {
  expect(failureOf(error, undefined)).toEqual({ kind, message: error.message });
});

describe('a history whose code was interrupted', () => {
  const interrupted = (ms: number): ReplayError =>
    new ReplayError(`Details: Failure { message: "Script execution timed out after ${ms}ms", source: "" }`);

  /** Replays two histories. The SDK ends each replay of the first one as given, one after the other, and replays the second one. */
  async function replay(...outcomes: ReplayResult['error'][]) {
    const given: { count: number; limit: unknown }[] = [];
    const replays = vi
      .spyOn(Worker, 'runReplayHistories')
      .mockImplementation(async function* (options, histories) {
        const call = {
          count: 0,
          limit: (options as { isolateExecutionTimeout?: unknown }).isolateExecutionTimeout,
        };
        given.push(call);
        for await (const { workflowId } of histories) {
          call.count++;
          yield {
            workflowId,
            runId: '',
            error: workflowId === 'first' ? outcomes.shift() : undefined,
          } as ReplayResult;
        }
      });
    const histories = async function* () {
      for (const workflowId of ['first', 'second'])
        yield await Promise.resolve({ name: workflowId, workflowId, history: { events: [] } });
    };
    const replayed = [];
    for await (const one of replayEach({ workflowBundle: { code: '' } }, histories())) replayed.push(one);
    replays.mockRestore();
    return { given, failures: replayed.map(({ failure }) => failure) };
  }

  it('replays if it does with more time, alone', async () => {
    expect(await replay(interrupted(5_000), undefined)).toEqual({
      given: [
        { count: 2, limit: undefined },
        { count: 1, limit: 20_000 },
      ],
      failures: [null, null],
    });
  });

  it('does not replay if it is interrupted again', async () => {
    const { failures } = await replay(interrupted(5_000), interrupted(20_000));
    const message =
      'the workflow code does not return (Script execution timed out after 20000ms): it may loop endlessly';
    expect(failures).toEqual([{ kind: 'failed', message }, null]);
  });

  it('is the only one that is replayed twice', async () => {
    const other = new DeterminismViolationError('No command');
    const { given, failures } = await replay(other);
    expect(given).toHaveLength(1);
    expect(failures).toMatchObject([{ kind: 'nondeterministic' }, null]);
  });
});
