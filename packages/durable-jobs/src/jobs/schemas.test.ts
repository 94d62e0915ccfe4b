import { expect, it } from 'vitest';
import { jobIdParams } from './schemas.ts';

it.each(['process-order', 'Process-order:1', 'process-order:', 'process-order:a b', 'x'.repeat(500)])(
  'refuses %s as a job id',
  (id) => {
    expect(jobIdParams.safeParse({ id }).success).toBe(false);
  },
);
