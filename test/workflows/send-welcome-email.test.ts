import { ApplicationFailure, WorkflowFailedError } from '@temporalio/client';
import { ActivityFailure } from '@temporalio/common';
import { describe, expect, inject, it } from 'vitest';
import { failureTypes } from '../../contracts/errors.ts';
import { taskQueues } from '../../contracts/names.ts';
import { cacheModes, expectOnTime, newId, useWorkflowEnv } from '../support/workflow-env.ts';

const server = inject('timeSkippingServer');

describe.skipIf(server.path === undefined).each(cacheModes)(
  `sendWelcomeEmail, $mode ${server.howToGet ?? ''}`,
  ({ options }) => {
    const env = useWorkflowEnv();

    const run = (userId: string): Promise<unknown> =>
      env.client.workflow.execute('sendWelcomeEmail', {
        workflowId: `send-welcome-email:${userId}`,
        taskQueue: taskQueues.jobs,
        args: [{ userId }],
      });

    it('retries the email after an outage of the mail server, with growing waits', async () => {
      const at: number[] = [];
      const result = await env.withWorkers(
        {
          sendWelcomeEmail: async ({ userId }) => {
            at.push(await env.now());
            if (at.length < 4) throw ApplicationFailure.retryable('away', failureTypes.mailUnavailable);
            return { emailId: `email of ${userId}` };
          },
        },
        () => run('ada'),
        options,
      );
      expect(result).toEqual({ emailId: 'email of ada' });
      const waits = at.slice(1).map((time, index) => (time - (at[index] ?? 0)) / 1000);
      expectOnTime(waits, [5, 10, 20]);
    });

    it('fails at once if the server permanently refuses the email', async () => {
      let calls = 0;
      const error: unknown = await env.withWorkers(
        {
          sendWelcomeEmail: () => {
            calls++;
            return Promise.reject(
              ApplicationFailure.nonRetryable('no such mailbox', failureTypes.mailRejected),
            );
          },
        },
        () => run(newId()).catch((reason: unknown) => reason),
        options,
      );
      expect(calls).toBe(1);
      expect(error).toBeInstanceOf(WorkflowFailedError);
      const { cause } = error as WorkflowFailedError;
      expect(cause).toBeInstanceOf(ActivityFailure);
      expect(cause?.cause).toMatchObject({ type: failureTypes.mailRejected });
    });
  },
);
