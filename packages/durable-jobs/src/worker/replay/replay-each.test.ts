import { ReplayError } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { expect, it } from 'vitest';
import { failureOf, messageWithin } from './replay-each.ts';

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
