import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { expect, it } from 'vitest';
import { readEnds } from './run-end.ts';

interface Run {
  status: string;
  /** The run that replaced it. */
  resetTo?: string;
  continuedAs?: string;
}

/** An engine that has these runs of a job, by their ids. */
function engineWith(runs: Record<string, Run>): Client {
  return {
    options: { namespace: 'default' },
    workflow: {
      getHandle: (id: string, runId: string) => ({
        describe: () => {
          const run = runs[runId];
          if (!run) return Promise.reject(new WorkflowNotFoundError('not found', id, runId));
          const raw = { workflowExtendedInfo: { resetRunId: run.resetTo ?? '' } };
          return Promise.resolve({ status: { name: run.status }, raw });
        },
      }),
    },
    workflowService: {
      getWorkflowExecutionHistory: ({ execution }: { execution: { runId: string } }) =>
        Promise.resolve({
          history: {
            events: [
              {
                workflowExecutionContinuedAsNewEventAttributes: {
                  newExecutionRunId: runs[execution.runId]?.continuedAs,
                },
              },
            ],
          },
        }),
    },
  } as unknown as Client;
}

const reset: Run = { status: 'TERMINATED', resetTo: 'second' };

it.each<[string, Record<string, Run>, object | undefined]>([
  ['is open', { first: { status: 'RUNNING' } }, undefined],
  ['completed', { first: { status: 'COMPLETED' } }, { status: 'completed', runId: 'first' }],
  ['was terminated', { first: { status: 'TERMINATED' } }, { status: 'terminated', runId: 'first' }],
  ['was removed', {}, { status: 'unknown', runId: 'first' }],
  [
    'continued as new, and failed then',
    { first: { status: 'CONTINUED_AS_NEW', continuedAs: 'second' }, second: { status: 'FAILED' } },
    { status: 'failed', runId: 'second' },
  ],
  ['was reset, and is open', { first: reset, second: { status: 'RUNNING' } }, undefined],
  [
    'was reset, and completed then',
    { first: reset, second: { status: 'COMPLETED' } },
    { status: 'completed', runId: 'second' },
  ],
  [
    'completed, and was reset later',
    { first: { status: 'COMPLETED', resetTo: 'second' }, second: { status: 'RUNNING' } },
    { status: 'completed', runId: 'first' },
  ],
])('the end of a run that %s', async (_what, runs, end) => {
  const ends = await readEnds(engineWith(runs), [{ jobId: 'order:1', runId: 'first' }]);
  expect(ends.get('first')).toEqual(end);
});
