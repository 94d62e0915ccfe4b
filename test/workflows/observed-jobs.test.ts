import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, inject, it } from 'vitest';
import { failureTypes } from '../../contracts/errors.ts';
import { taskQueues } from '../../contracts/names.ts';
import { jobsEnded, jobsStarted } from '../../packages/durable-jobs/src/telemetry/job-metrics.ts';
import { cacheModes, newId, useWorkflowEnv } from '../support/workflow-env.ts';

const server = inject('timeSkippingServer');
const type = 'sendWelcomeEmail';

/** Returns how many jobs of the type have started, completed and failed, by the metrics. */
async function counted(): Promise<{ started: number; completed: number; failed: number }> {
  const valueOf = (
    { values }: { values: { labels: Partial<Record<string, string | number>>; value: number }[] },
    outcome?: string,
  ): number =>
    values
      .filter(({ labels }) => labels.type === type && labels.outcome === outcome)
      .reduce((sum, { value }) => sum + value, 0);
  const ends = await jobsEnded.get();
  return {
    started: valueOf(await jobsStarted.get()),
    completed: valueOf(ends, 'completed'),
    failed: valueOf(ends, 'failed'),
  };
}

describe.skipIf(server.path === undefined).each(cacheModes)(
  `a job's start and end, $mode ${server.howToGet ?? ''}`,
  ({ options }) => {
    const env = useWorkflowEnv();
    const run = (): Promise<unknown> =>
      env.client.workflow.execute(type, {
        workflowId: `send-welcome-email:${newId()}`,
        taskQueue: taskQueues.jobs,
        args: [{ userId: 'ada' }],
      });

    it('are reported once, however often the history is replayed', async () => {
      const before = await counted();
      let attempts = 0;
      await env.withWorkers(
        {
          sendWelcomeEmail: () => {
            attempts++;
            if (attempts < 3) throw ApplicationFailure.retryable('away', failureTypes.mailUnavailable);
            return Promise.resolve({ emailId: 'one' });
          },
        },
        run,
        options,
      );
      expect(await counted()).toEqual({
        ...before,
        started: before.started + 1,
        completed: before.completed + 1,
      });
    });

    it('say that it has failed', async () => {
      const before = await counted();
      await env.withWorkers(
        {
          sendWelcomeEmail: () =>
            Promise.reject(ApplicationFailure.nonRetryable('no mailbox', failureTypes.mailRejected)),
        },
        () => expect(run()).rejects.toThrow(),
        options,
      );
      expect(await counted()).toEqual({
        ...before,
        started: before.started + 1,
        failed: before.failed + 1,
      });
    });
  },
);
