import { expect, it } from 'vitest';
import { jobIdParams } from './schemas.ts';

it.each([
  'process-order',
  'Process-order:1',
  'process-order:',
  'process-order:a\u0007b',
  'process-order:\ud800',
  'x'.repeat(500),
  `a:${'x'.repeat(901)}`,
])('refuses %s as a job id', (id) => {
  expect(jobIdParams.safeParse({ id }).success).toBe(false);
});

it.each([
  'process-order:a b',
  'import-file:2026/03/Größe.csv',
  'call-http:https://example.com/a?b=c#d',
  `a:${'x'.repeat(900)}`,
])('takes %s as a job id', (id) => {
  expect(jobIdParams.safeParse({ id }).success).toBe(true);
});
