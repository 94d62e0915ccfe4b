import { expect, it } from 'vitest';
import type { ReplayedJob } from './replay-open-jobs.ts';
import { refusalFor, verdictOn } from './verdict.ts';

const job = (key: string, more: Partial<ReplayedJob> = {}): ReplayedJob => ({
  type: 'processOrder',
  workflowId: `process-order:${key}`,
  runId: `run-${key}`,
  startedAt: 0,
  failure: null,
  isStuck: false,
  ...more,
});
const changed = { kind: 'nondeterministic', message: 'No command scheduled for event' } as const;

it('only jobs that would break are a reason to refuse the start', () => {
  const verdict = verdictOn([
    job('1'),
    job('2', { failure: changed }),
    job('3', { failure: { kind: 'failed', message: 'x is not a function' } }),
    job('4', { failure: changed, isStuck: true }),
    job('5', { failure: { kind: 'unreadable', message: 'a key is missing' } }),
    job('6', { isStuck: true }),
  ]);
  expect(
    Object.entries(verdict).map(([kind, jobs]: [string, ReplayedJob[]]) => [
      kind,
      jobs.map(({ runId }) => runId),
    ]),
  ).toEqual([
    ['replayed', ['run-1', 'run-6']],
    ['broken', ['run-2', 'run-3']],
    ['stuck', ['run-4']],
    ['unreadable', ['run-5']],
  ]);
});

it('the refusal names each job with its run and the reason, and what to do', () => {
  const text = refusalFor(
    verdictOn(Array.from({ length: 12 }, (_, index) => job(String(index), { failure: changed }))),
  );
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
