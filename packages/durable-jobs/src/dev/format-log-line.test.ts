import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { formatFailure, formatLogLine } from './format-log-line.ts';

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
  [
    '{"level":"fatal","msg":"The configuration is not valid:\\n  - API_KEY: is missing"}',
    'fatal The configuration is not valid:\n  - API_KEY: is missing',
  ],
  ['{"level":"warn"', '{"level":"warn"'],
  ['{"answer":42}', '{"answer":42}'],
  ['jobs.ts:3:5: ERROR: Expected ";"', 'jobs.ts:3:5: ERROR: Expected ";"'],
])('shows %s', (line, shown) => {
  expect(stripVTControlCharacters(formatLogLine(line))).toBe(shown);
});

/** Lines of a worker whose workflows do not compile, as the SDK and the library print them. */
const report = (errors: string): string =>
  [
    { level: 'info', msg: 'the worker is starting' },
    {
      level: 'error',
      msg: `asset workflow-bundle.js 1.92 MiB\nmodules by path ./ 43 KiB\n\n${errors}\n\nwebpack 5.112.2 compiled with 1 error in 2391 ms`,
    },
    {
      level: 'fatal',
      msg: 'the worker process failed',
      err: { message: 'Webpack finished with errors, if', stack: 'Error: Webpack\n    at bundler.ts:327' },
    },
  ]
    .map((line) => JSON.stringify(line))
    .join('\n');

it.each([
  [
    `ERROR in ./workflows/send.ts
Module build failed (from ./node_modules/swc-loader/src/index.js):
Error:   x Expression expected
    ,-[/app/workflows/send.ts:16:1]
 16 | export const x = ;
    \`----


Caused by:
    Syntax Error

Stack backtrace:
   0: <unknown>
 @ ./workflows/index.ts 11:0-57`,
    `error ERROR in ./workflows/send.ts
Module build failed (from ./node_modules/swc-loader/src/index.js):
Error:   x Expression expected
    ,-[/app/workflows/send.ts:16:1]
 16 | export const x = ;
    \`----
fatal the worker process failed`,
  ],
  [
    `ERROR in ./workflows/send.ts 15:0-38
Module not found: Error: Can't resolve './gone.ts' in '/app/workflows'
resolve './gone.ts' in '/app/workflows'
  using description file: /app/package.json (relative path: ./workflows)
 @ ./workflows/index.ts 11:0-57`,
    `error ERROR in ./workflows/send.ts 15:0-38
Module not found: Error: Can't resolve './gone.ts' in '/app/workflows'
fatal the worker process failed`,
  ],
])('shows the error of the workflow bundle with its file and line', (errors, shown) => {
  expect(stripVTControlCharacters(formatFailure(report(errors)))).toBe(shown);
});

it('shows what a failed process printed itself, and otherwise its last lines', () => {
  const thrown = 'file:///app/worker.ts:3\nthrow new Error(1);\n\nError: 1\n    at worker.ts:3:7';
  expect(formatFailure(`{"level":"info","msg":"it starts"}\n${thrown}`)).toBe(thrown.replace('\n\n', '\n'));
  expect(stripVTControlCharacters(formatFailure('{"level":"info","msg":"it starts"}'))).toBe(
    'info  it starts',
  );
});
