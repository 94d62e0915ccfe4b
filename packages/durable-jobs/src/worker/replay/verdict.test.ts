import { expect, it } from 'vitest';
import type { ReplayedJob } from './replay-open-jobs.ts';
import { refusalFor, verdictOn } from './verdict.ts';

const job = (key: string, more: Partial<ReplayedJob> = {}): ReplayedJob => ({
  type: 'processOrder',
  workflowId: `process-order:${key}`,
  runId: `run-${key}`,
  startedAt: 0,
  failure: null,
  stuckSince: undefined,
  ...more,
});
const changed = { kind: 'nondeterministic', message: 'No command scheduled for event' } as const;

const NOW = Date.parse('2026-11-28T12:00:00Z');
const hourAgo = new Date(NOW - 3_600_000);
const minuteAgo = new Date(NOW - 60_000);

it('only jobs that would break are a reason to refuse the start', () => {
  const verdict = verdictOn(
    [
      job('1'),
      job('2', { failure: changed }),
      job('3', { failure: { kind: 'failed', message: 'x is not a function' } }),
      job('4', { failure: changed, stuckSince: hourAgo }),
      job('5', { failure: { kind: 'unreadable', message: 'a key is missing' } }),
      job('6', { stuckSince: hourAgo }),
      job('7', { failure: { kind: 'internal', message: 'Code: FATAL' } }),
      // The first workers of the new release may have failed a moment ago.
      job('8', { failure: changed, stuckSince: minuteAgo }),
    ],
    NOW,
  );
  expect(
    Object.entries(verdict).map(([kind, jobs]: [string, ReplayedJob[]]) => [
      kind,
      jobs.map(({ runId }) => runId),
    ]),
  ).toEqual([
    ['replayed', ['run-1', 'run-6']],
    ['broken', ['run-2', 'run-3', 'run-8']],
    ['stuck', ['run-4']],
    ['unchecked', ['run-5', 'run-7']],
  ]);
});

it('the refusal names each job with its run and the reason, who runs it, and what to do', () => {
  const text = refusalFor(
    verdictOn(Array.from({ length: 12 }, (_, index) => job(String(index), { failure: changed }))),
    ['7@worker-a', '7@worker-b'],
  );
  expect(text).toContain('7@worker-a, 7@worker-b');
  expect(text).toContain('does not replay 12 of the 12 open jobs');
  expect(text).toContain(
    '\n  processOrder process-order:0 (run run-0): nondeterministic: No command scheduled for event\n',
  );
  expect(text).toContain('process-order:9 ');
  expect(text).not.toContain('process-order:10');
  expect(text).toContain('\n  and 2 more\n');
  expect(text).toContain('deploy that release again');
  expect(text).toContain('WORKER_REPLAY=warn');
});
