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

    const stored = (input: { day: string } | { before: string }) => {
      const day = 'day' in input ? input.day : '2026-03-29';
      return Promise.resolve({ reportId: reportIds[day] ?? 'r-0', day });
    };
    const reportIds: Record<string, string> = { '2026-03-29': 'r-29', '2026-03-27': 'r-27' };
    const copiesOf = (reportId: string) => [
      `mail-report:daily:${reportId}:ada`,
      `mail-report:daily:${reportId}:grace`,
    ];
    const recipients = () => Promise.resolve(['ada', 'grace']);

    it('stores the report on the requested day, and starts a job for each copy', async () => {
      const mailed: unknown[] = [];
      const result = await env.withWorkers(
        {
          compileDailyReport: stored,
          listReportRecipients: recipients,
          findDaysWithoutReport: () => Promise.reject(new Error('only of scheduled runs')),
          mailDailyReportTo: ({ reportId, recipient }) => {
            mailed.push([reportId, recipient]);
            return Promise.resolve({ outcome: 'sent' });
          },
        },
        async () => {
          const value = await run({ day: '2026-03-29' });
          for (const id of copiesOf('r-29')) await env.client.workflow.getHandle(id).result();
          return value;
        },
        options,
      );
      expect(result).toEqual({
        reportId: 'r-29',
        day: '2026-03-29',
        caughtUp: [],
        mailings: copiesOf('r-29'),
      });
      expect(mailed).toHaveLength(2);
      expect(mailed).toEqual(
        expect.arrayContaining([
          ['r-29', 'ada'],
          ['r-29', 'grace'],
        ]),
      );
    });

    it('makes up for the days before that have none, after its own', async () => {
      const compiled: unknown[] = [];
      const result = await env.withWorkers(
        {
          compileDailyReport: (input) => {
            compiled.push('day' in input ? input.day : 'its own');
            return stored(input);
          },
          listReportRecipients: recipients,
          findDaysWithoutReport: ({ before }) =>
            Promise.resolve(before === '2026-03-29' ? ['2026-03-27'] : []),
          mailDailyReportTo: () => Promise.resolve({ outcome: 'sent' }),
        },
        () => run({}),
        options,
      );
      expect(compiled).toEqual(['its own', '2026-03-27']);
      expect(result).toEqual({
        reportId: 'r-29',
        day: '2026-03-29',
        caughtUp: ['2026-03-27'],
        mailings: [...copiesOf('r-29'), ...copiesOf('r-27')],
      });
    });

    it('without a day covers the day before its start, however late it runs', async () => {
      const asked: string[] = [];
      const startedAt = await env.now();
      await env.withWorkers(
        {
          compileDailyReport: (input) => {
            if ('before' in input) asked.push(input.before);
            if (asked.length < 3) throw new Error('the database is away');
            return stored(input);
          },
          listReportRecipients: () => Promise.resolve([]),
          findDaysWithoutReport: () => Promise.resolve([]),
        },
        () => run({}),
        options,
      );
      expect(new Set(asked).size).toBe(1);
      expectOnTime(Date.parse(asked[0] ?? '') / 1000, startedAt / 1000);
    });

    it('completes while a mailbox refuses its copy for days, and leaves that copy to its job', async () => {
      const attempts: Record<string, number> = {};
      await env.withWorkers(
        {
          compileDailyReport: stored,
          listReportRecipients: recipients,
          findDaysWithoutReport: () => Promise.resolve([]),
          mailDailyReportTo: ({ recipient }) => {
            attempts[recipient] = (attempts[recipient] ?? 0) + 1;
            if (recipient === 'ada')
              throw ApplicationFailure.retryable('mailbox full', failureTypes.mailUnavailable);
            return Promise.resolve({ outcome: 'sent' });
          },
        },
        async () => {
          expect(await run({})).toMatchObject({ day: '2026-03-29' });
          expect(await run({})).toMatchObject({ mailings: copiesOf('r-29') });
          const [ada, grace] = copiesOf('r-29').map((id) => env.client.workflow.getHandle(id));
          expect(await grace?.result()).toEqual({ outcome: 'sent' });
          expect((await ada?.describe())?.status.name).toBe('RUNNING');
        },
        options,
      );
      expect(attempts.ada).toBeGreaterThanOrEqual(1);
    });

    it('fails at once for a day that has not ended, and mails nothing', async () => {
      let mailed = 0;
      const error: unknown = await env.withWorkers(
        {
          compileDailyReport: () =>
            Promise.reject(ApplicationFailure.nonRetryable('not over', failureTypes.reportDayNotOver)),
          listReportRecipients: recipients,
          mailDailyReportTo: () => {
            mailed++;
            return Promise.resolve({ outcome: 'sent' });
          },
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
