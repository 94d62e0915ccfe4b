import { expect, it } from 'vitest';
import { z } from 'zod';
import { defineBulkTask } from '../bulk/define-task.ts';
import { defineWorkItem } from './define-work-item.ts';

it('tries an item five times unless its kind says otherwise, field by field', () => {
  const kind = { kind: 'stamp', description: 'Stamps a letter.', payload: z.strictObject({}) };
  expect(defineWorkItem(kind).policy).toEqual({
    maximumAttempts: 5,
    initialIntervalMs: 1_000,
    backoffCoefficient: 4,
    maximumIntervalMs: 60_000,
    timeoutMs: 30_000,
  });
  expect(defineWorkItem({ ...kind, policy: { maximumAttempts: 2 } }).policy).toMatchObject({
    maximumAttempts: 2,
    initialIntervalMs: 1_000,
  });
  // TypeScript permits this unless exactOptionalPropertyTypes is on, and JavaScript always.
  const policy = { maximumAttempts: undefined, timeoutMs: 5_000 } as object;
  expect(defineWorkItem({ ...kind, policy }).policy).toMatchObject({ maximumAttempts: 5, timeoutMs: 5_000 });
});

it('has sizes for the batches of a bulk task unless it says otherwise', () => {
  const task = { name: 'stamp-all', description: 'Stamps letters.', item: z.strictObject({}) };
  expect(defineBulkTask(task)).toMatchObject({ chunkSize: 100, window: 4 });
  expect(defineBulkTask({ ...task, window: 1 })).toMatchObject({ chunkSize: 100, window: 1 });
  const none = { chunkSize: undefined, window: undefined } as object;
  expect(defineBulkTask({ ...task, ...none })).toMatchObject({ chunkSize: 100, window: 4 });
});
