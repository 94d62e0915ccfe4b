import { ApplicationFailure, WorkflowFailedError } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import { describe, expect, inject, it } from 'vitest';
import { failureTypes } from '../../contracts/errors.ts';
import { taskQueues } from '../../contracts/names.ts';
import type { Signatures } from '../../contracts/signatures.ts';
import {
  cacheModes,
  expectOnTime,
  newId,
  useWorkflowEnv,
  type ActivityMocks,
} from '../support/workflow-env.ts';

const server = inject('timeSkippingServer');

describe.skipIf(server.path === undefined).each(cacheModes)(
  `syncPayments, $mode ${server.howToGet ?? ''}`,
  ({ options }) => {
    const env = useWorkflowEnv();

    const start = () =>
      env.client.workflow.start<Signatures['syncPayments']>('syncPayments', {
        workflowId: `sync-payments:${newId()}`,
        taskQueue: taskQueues.jobs,
        args: [{}],
      });

    /** Every activity succeeds; `calls` contains their names and the ids of their runs. */
    function activities(calls: string[], ids = new Set<string>()): ActivityMocks {
      const note = <T>(name: string, input: { reconciliationId: string }, answer: T): Promise<T> => {
        calls.push(name);
        ids.add(input.reconciliationId);
        return Promise.resolve(answer);
      };
      return {
        readFromProvider: (input) => note('read', input, { payments: 8, refunds: 2 }),
        compareWithProvider: ({ read, ...input }) =>
          note('compare', input, {
            found: 1,
            repaired: 1,
            resolved: 0,
            open: 0,
            orders: 8,
            ...read,
            ...input,
          }),
        abandonReconciliation: (input) => note(input.status, input, undefined),
      };
    }

    it('reads everything before it compares, all for one run', async () => {
      const calls: string[] = [];
      const ids = new Set<string>();
      const result = await env.withWorkers(
        activities(calls, ids),
        async () => (await start()).result(),
        options,
      );
      expect(calls).toEqual(['read', 'compare']);
      expect(ids.size).toBe(1);
      expect(result).toMatchObject({ payments: 8, refunds: 2, orders: 8, found: 1 });
    });

    it('retries an unavailable provider with growing waits, and gives up after 18 hours', async () => {
      const calls: string[] = [];
      const at: number[] = [];
      const error: unknown = await env.withWorkers(
        {
          ...activities(calls),
          readFromProvider: async () => {
            at.push(await env.now());
            throw ApplicationFailure.retryable('away', failureTypes.paymentProviderUnavailable);
          },
        },
        async () => (await start()).result().catch((reason: unknown) => reason),
        options,
      );
      expect(error).toBeInstanceOf(WorkflowFailedError);
      const waits = at.slice(1).map((time, index) => (time - (at[index] ?? 0)) / 1000);
      expectOnTime(waits.slice(0, 6), [10, 20, 40, 80, 160, 300]);
      expect(((at.at(-1) ?? 0) - (at[0] ?? 0)) / 3_600_000).toBeLessThan(18);
      expect(calls).toEqual(['failed']);
    });

    it('notes that it was cancelled', async () => {
      const calls: string[] = [];
      const error: unknown = await env.withWorkers(
        {
          ...activities(calls),
          readFromProvider: () =>
            Promise.reject(ApplicationFailure.retryable('away', failureTypes.paymentProviderUnavailable)),
        },
        async () => {
          const handle = await start();
          await env.pass('1 minute');
          await handle.cancel();
          return handle.result().catch((reason: unknown) => reason);
        },
        options,
      );
      expect(error).toBeInstanceOf(WorkflowFailedError);
      expect((error as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure);
      expect(calls).toEqual(['cancelled']);
    });
  },
);
