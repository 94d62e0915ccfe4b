import type { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { describe, expect, inject, it } from 'vitest';
import { failureTypes } from '../../contracts/errors.ts';
import { nothingDeleted } from '../../contracts/jobs/delete-expired.ts';
import type { RunMaintenanceResult } from '../../contracts/jobs/run-maintenance.ts';
import { taskQueues } from '../../contracts/names.ts';
import type { Signatures } from '../../contracts/signatures.ts';
import { cacheModes, newId, useWorkflowEnv } from '../support/workflow-env.ts';

const server = inject('timeSkippingServer');

describe.skipIf(server.path === undefined).each(cacheModes)(
  `deleteExpired, $mode ${server.howToGet ?? ''}`,
  ({ options }) => {
    const env = useWorkflowEnv();
    const start = () =>
      env.client.workflow.start<Signatures['deleteExpired']>('deleteExpired', {
        workflowId: `delete-expired:${newId()}`,
        taskQueue: taskQueues.jobs,
        args: [{}],
      });

    it('adds up the deleted rows across a database outage', async () => {
      let attempts = 0;
      const result = await env.withWorkers(
        {
          deleteExpiredRows: () =>
            ++attempts < 8
              ? Promise.reject(new Error('the database is away'))
              : Promise.resolve({
                  ...nothingDeleted,
                  passwordResets: 1,
                  idempotencyKeys: 20,
                  outboxEntries: 300,
                  failedAttempts: 4_000,
                }),
        },
        async () => (await start()).result(),
        options,
      );
      expect(result.total).toBe(4_321);
      expect(attempts).toBe(8);
    });

    it('does not fail because of a database outage longer than its time limit', async () => {
      let isAway = true;
      const result = await env.withWorkers(
        {
          deleteExpiredRows: () =>
            isAway
              ? Promise.reject(
                  ApplicationFailure.create({
                    message: 'no database',
                    type: failureTypes.databaseUnavailable,
                    details: [{ attempt: 1 }],
                  }),
                )
              : Promise.resolve({ ...nothingDeleted, passwordResets: 1 }),
          // The workflow only checks this when the time of the clean-up is over.
          awaitDatabase: () => {
            isAway = false;
            return Promise.resolve();
          },
        },
        async () => (await start()).result(),
        options,
      );
      expect(result.total).toBe(1);
    });

    it('ends when it is cancelled', async () => {
      const error: unknown = await env.withWorkers(
        { deleteExpiredRows: () => Promise.reject(new Error('the database is away')) },
        async () => {
          const handle = await start();
          // Between two attempts, and not just before one, even if a busy machine is late with the next line.
          await env.pass('100 seconds');
          await handle.cancel();
          return handle.result().catch((reason: unknown) => reason);
        },
        options,
      );
      expect((error as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure);
    });
  },
);

describe.skipIf(server.path === undefined).each(cacheModes)(
  `runMaintenance, $mode ${server.howToGet ?? ''}`,
  ({ options }) => {
    const env = useWorkflowEnv();

    it('starts a job for each copy of the report on what all its steps did', async () => {
      const parts: Omit<RunMaintenanceResult, 'maintenanceId' | 'mail' | 'mailings'> = {
        analyzed: ['orders'],
        archived: { paymentAttempts: 3 },
        pruned: { archivedPaymentAttempts: 1, reconciliations: 2, resolvedFindings: 0, mirroredPayments: 0 },
        checks: { orders: 9, found: 1, resolved: 0, open: 1 },
      };
      const reports: unknown[] = [];
      const result = await env.withWorkers(
        {
          archiveOldRows: () => Promise.resolve(parts.archived),
          pruneOldRows: () => Promise.resolve(parts.pruned),
          analyzeTables: () => Promise.resolve(parts.analyzed),
          checkInvariants: () => Promise.resolve(parts.checks),
          listMaintenanceRecipients: () => Promise.resolve(['ops', 'shop']),
          mailMaintenanceReportTo: (report) => {
            reports.push(report);
            return Promise.resolve({ outcome: 'sent' });
          },
        },
        async () => {
          const done = await env.client.workflow.execute<Signatures['runMaintenance']>('runMaintenance', {
            workflowId: `run-maintenance:${newId()}`,
            taskQueue: taskQueues.jobs,
            args: [{}],
          });
          for (const id of done.mailings ?? []) await env.client.workflow.getHandle(id).result();
          return done;
        },
        options,
      );
      expect(result).toEqual({
        ...parts,
        maintenanceId: result.maintenanceId,
        mailings: ['ops', 'shop'].map((key) => `mail-report:maintenance:${result.maintenanceId}:${key}`),
      });
      expect(reports).toHaveLength(2);
      for (const recipient of ['ops', 'shop']) {
        expect(reports).toContainEqual(
          expect.objectContaining({ ...parts, reportId: result.maintenanceId, recipient }),
        );
      }
    });
  },
);
