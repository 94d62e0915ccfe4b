import type { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/client';
import { describe, expect, inject, it } from 'vitest';
import { failureTypes } from '../../contracts/errors.ts';
import type { MailReportInput } from '../../contracts/jobs/mail-report.ts';
import { taskQueues } from '../../contracts/names.ts';
import type { Signatures } from '../../contracts/signatures.ts';
import { cacheModes, expectOnTime, newId, useWorkflowEnv } from '../support/workflow-env.ts';

const server = inject('timeSkippingServer');
const copy: MailReportInput = { kind: 'daily', reportId: newId(), recipient: 'a'.repeat(32) };

describe.skipIf(server.path === undefined).each(cacheModes)(
  `mailReport, $mode ${server.howToGet ?? ''}`,
  ({ options }) => {
    const env = useWorkflowEnv();
    const run = (input: MailReportInput): Promise<unknown> =>
      env.client.workflow.execute<Signatures['mailReport']>('mailReport', {
        workflowId: `mail-report:${newId()}`,
        taskQueue: taskQueues.jobs,
        args: [input],
      });

    it('waits for a mail server that is unavailable', async () => {
      const at: number[] = [];
      const result = await env.withWorkers(
        {
          mailDailyReportTo: async () => {
            at.push(await env.now());
            if (at.length < 3) throw ApplicationFailure.retryable('away', failureTypes.mailUnavailable);
            return { outcome: 'sent' };
          },
        },
        () => run(copy),
        options,
      );
      expect(result).toEqual({ outcome: 'sent' });
      expectOnTime(
        at.slice(1).map((time, index) => (time - (at[index] ?? 0)) / 1000),
        [5, 10],
      );
    });

    it('fails if the address is refused permanently', async () => {
      const error: unknown = await env.withWorkers(
        {
          mailDailyReportTo: () =>
            Promise.reject(ApplicationFailure.nonRetryable('no such mailbox', failureTypes.mailRejected)),
        },
        () => run(copy).catch((reason: unknown) => reason),
        options,
      );
      expect((error as WorkflowFailedError).cause?.cause).toMatchObject({ type: failureTypes.mailRejected });
    });

    it('mails a maintenance report with the result of its run', async () => {
      const report = {
        startedAt: '2026-03-30T09:00:00.000Z',
        analyzed: ['orders'],
        archived: { paymentAttempts: 3 },
        pruned: { archivedPaymentAttempts: 1, reconciliations: 2, resolvedFindings: 0, mirroredPayments: 0 },
        checks: { orders: 9, found: 1, resolved: 0, open: 1 },
      };
      let mailed: unknown;
      await env.withWorkers(
        {
          mailMaintenanceReportTo: (input) => {
            mailed = input;
            return Promise.resolve({ outcome: 'sent' });
          },
        },
        () => run({ ...copy, kind: 'maintenance', ...report }),
        options,
      );
      expect(mailed).toEqual({ ...copy, kind: 'maintenance', ...report });
    });
  },
);
