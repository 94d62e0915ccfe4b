import { ApplicationFailure, WorkflowFailedError } from '@temporalio/client';
import { describe, expect, inject, it } from 'vitest';
import { failureTypes } from '../../contracts/errors.ts';
import { taskQueues } from '../../contracts/names.ts';
import type { Signatures } from '../../contracts/signatures.ts';
import { cacheModes, expectOnTime, newId, useWorkflowEnv } from '../support/workflow-env.ts';

const server = inject('timeSkippingServer');

describe.skipIf(server.path === undefined).each(cacheModes)(
  `runDailyReport, $mode ${server.howToGet ?? ''}`,
  ({ options }) => {
    const env = useWorkflowEnv();

    const run = (input: { day?: string }): Promise<unknown> =>
      env.client.workflow.execute<Signatures['runDailyReport']>('runDailyReport', {
        workflowId: `run-daily-report:${newId()}`,
        taskQueue: taskQueues.jobs,
        args: [input],
      });

    it('reports on the day it is told, and mails what was stored', async () => {
      const result = await env.withWorkers(
        {
          compileDailyReport: (input) =>
            Promise.resolve({ reportId: 'r-1', day: 'day' in input ? input.day : 'none' }),
          mailDailyReport: ({ reportId }) =>
            Promise.resolve({ sent: reportId === 'r-1' ? 2 : 0, refused: 1 }),
        },
        () => run({ day: '2026-03-29' }),
        options,
      );
      expect(result).toEqual({ reportId: 'r-1', day: '2026-03-29', sent: 2, refused: 1 });
    });

    it('without a day asks for the one before the time at which it was started, however late it is done', async () => {
      const asked: string[] = [];
      const startedAt = await env.now();
      await env.withWorkers(
        {
          compileDailyReport: (input) => {
            if ('before' in input) asked.push(input.before);
            if (asked.length < 3) throw new Error('the database is away');
            return Promise.resolve({ reportId: 'r-1', day: '2026-03-29' });
          },
          mailDailyReport: () => Promise.resolve({ sent: 0, refused: 0 }),
        },
        () => run({}),
        options,
      );
      expect(new Set(asked).size).toBe(1);
      expectOnTime(Date.parse(asked[0] ?? '') / 1000, startedAt / 1000);
    });

    it('waits for a mail server that is away without adding up the figures again', async () => {
      let compiled = 0;
      const at: number[] = [];
      await env.withWorkers(
        {
          compileDailyReport: () => {
            compiled++;
            return Promise.resolve({ reportId: 'r-1', day: '2026-03-29' });
          },
          mailDailyReport: async () => {
            at.push(await env.now());
            if (at.length < 3) throw ApplicationFailure.retryable('away', failureTypes.mailUnavailable);
            return { sent: 1, refused: 0 };
          },
        },
        () => run({}),
        options,
      );
      expect(compiled).toBe(1);
      expectOnTime(
        at.slice(1).map((time, index) => (time - (at[index] ?? 0)) / 1000),
        [5, 10],
      );
    });

    it('fails at once for a day that is not over, and mails nothing', async () => {
      let mailed = 0;
      const error: unknown = await env.withWorkers(
        {
          compileDailyReport: () =>
            Promise.reject(ApplicationFailure.nonRetryable('not over', failureTypes.reportDayNotOver)),
          mailDailyReport: () => Promise.resolve({ sent: ++mailed, refused: 0 }),
        },
        () => run({ day: '2999-01-01' }).catch((reason: unknown) => reason),
        options,
      );
      expect(error).toBeInstanceOf(WorkflowFailedError);
      expect((error as WorkflowFailedError).cause?.cause).toMatchObject({
        type: failureTypes.reportDayNotOver,
      });
      expect(mailed).toBe(0);
    });
  },
);
