import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { formatLogLine } from './format-log-line.ts';

it.each([
  ['{"level":"info","msg":"the worker runs","service":"worker"}', 'info  the worker runs'],
  [
    '{"level":"error","msg":"it failed","err":{"message":"no","stack":"Error: no\\n    at jobs.ts:3:5"}}',
    'error it failed\nError: no\n    at jobs.ts:3:5',
  ],
  [
    '{"level":"warn","msg":"the attempt has ended","jobId":"remind:1","attempt":2,"error":{"message":"no","stack":"at"}}',
    'warn  the attempt has ended: no (remind:1, attempt 2)',
  ],
  ['{"level":"info","msg":"the job has started","jobId":"remind:1"}', 'info  the job has started (remind:1)'],
  ['{"level":"info","msg":"webpack\\nmodules"}', 'info  webpack'],
  ['{"level":"warn"', '{"level":"warn"'],
  ['{"answer":42}', '{"answer":42}'],
  ['jobs.ts:3:5: ERROR: Expected ";"', 'jobs.ts:3:5: ERROR: Expected ";"'],
])('shows %s', (line, shown) => {
  expect(stripVTControlCharacters(formatLogLine(line))).toBe(shown);
});
