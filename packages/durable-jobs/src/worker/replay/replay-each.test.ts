import { expect, it } from 'vitest';
import { messageWithin } from './replay-each.ts';

it.each([
  [
    'Replay failed with a nondeterminism error. Details: Workflow activation completion failed: Failure { failure: Some(Failure { message: "[TMPRL1100] Nondeterminism error: No command for \\"x\\"", source: "", stack_trace: "" }), force_cause: Unspecified }',
    'Nondeterminism error: No command for "x"',
  ],
  [
    'Replay failed due workflow task failure. Details: x',
    'Replay failed due workflow task failure. Details: x',
  ],
])('the reason is the message of the failure itself: %s', (description, message) => {
  expect(messageWithin(description)).toBe(message);
});
