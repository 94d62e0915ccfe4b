import { activityInfo } from '@temporalio/activity';
import {
  ApplicationFailure,
  WorkflowFailedError,
  type WorkflowHandleWithFirstExecutionRunId,
} from '@temporalio/client';
import { describe, expect, inject, it } from 'vitest';
import { failureTypes } from '../../contracts/errors.ts';
import { taskQueues } from '../../contracts/names.ts';
import type { Signatures } from '../../contracts/signatures.ts';
import { gate } from '../support/gate.ts';
import { cacheModes, newId, useWorkflowEnv, type ActivityMocks } from '../support/workflow-env.ts';

const server = inject('timeSkippingServer');

const input = { task: 'reprice-orders', query: 'open-orders' } as const;
const counts = { total: 3, done: 2, failed: 1 };

describe.skipIf(server.path === undefined).each(cacheModes)(
  `startBulkJob, $mode ${server.howToGet ?? ''}`,
  ({ options }) => {
    const env = useWorkflowEnv();

    const start = (): Promise<WorkflowHandleWithFirstExecutionRunId<Signatures['startBulkJob']>> =>
      env.client.workflow.start<Signatures['startBulkJob']>('startBulkJob', {
        workflowId: `start-bulk-job:${newId()}`,
        taskQueue: taskQueues.jobs,
        args: [input],
      });

    /** A bulk job without items to plan; activities that a test does not provide succeed. */
    const activities = (bulkJobId: string, overrides: ActivityMocks = {}): ActivityMocks => ({
      createBulkJob: () => Promise.resolve({ bulkJobId }),
      markBulkJob: () => Promise.resolve(),
      planBulkBatches: () => Promise.resolve({ ranges: [], window: 1, ...counts }),
      endBulkJob: () => Promise.resolve({ ...counts, pending: 0 }),
      ...overrides,
    });

    it('makes one bulk job, at whatever attempt, works it off and returns how its items ended', async () => {
      const bulkJobId = newId();
      const asked: unknown[] = [];
      const { id, result } = await env.withWorkers(
        activities(bulkJobId, {
          createBulkJob: (request) => {
            asked.push(request);
            return asked.length < 3 ? Promise.reject(new Error('away')) : Promise.resolve({ bulkJobId });
          },
        }),
        async () => {
          const handle = await start();
          const result = await handle.result();
          return { id: `${handle.workflowId}/${handle.firstExecutionRunId}`, result };
        },
        options,
      );
      expect(result).toEqual({ bulkJobId, outcome: 'completed', ...counts });
      // The same key for each attempt makes it one job.
      expect(asked).toEqual(Array(3).fill({ ...input, originKey: id }));
      const child = await env.client.workflow.getHandle(`process-bulk:${bulkJobId}`).describe();
      expect(child).toMatchObject({ type: 'processBulk', status: { name: 'COMPLETED' } });
    });

    it('makes another bulk job at each run', async () => {
      const keys: string[] = [];
      const ids = [newId(), newId()];
      await env.withWorkers(
        activities('', {
          createBulkJob: ({ originKey }) => {
            keys.push(originKey);
            return Promise.resolve({ bulkJobId: ids[keys.length - 1] ?? '' });
          },
        }),
        async () => {
          const first = await start();
          await first.result();
          await env.client.workflow.execute<Signatures['startBulkJob']>('startBulkJob', {
            workflowId: first.workflowId,
            taskQueue: taskQueues.jobs,
            args: [input],
          });
        },
        options,
      );
      expect(new Set(keys).size).toBe(2);
    });

    it('leaves the accepted items to be processed if an operator terminates it', async () => {
      const bulkJobId = newId();
      const [planning, plan] = [gate(), gate()];
      const runs: (string | undefined)[] = [];
      const result: unknown = await env.withWorkers(
        activities(bulkJobId, {
          planBulkBatches: async () => {
            runs.push(activityInfo().workflowExecution?.workflowId);
            planning.open();
            await plan.opened;
            return { ranges: [], window: 1, ...counts };
          },
        }),
        async () => {
          const handle = await start();
          await planning.opened;
          await handle.terminate();
          plan.open();
          await expect(handle.result()).rejects.toThrow(WorkflowFailedError);
          return env.client.workflow.getHandle(`process-bulk:${bulkJobId}`).result() as Promise<unknown>;
        },
        options,
      );
      expect(result).toEqual({ outcome: 'completed', ...counts });
      expect(runs).toEqual([`process-bulk:${bulkJobId}`]);
    });

    it('fails visibly if the bulk job does', async () => {
      const error: unknown = await env.withWorkers(
        activities(newId(), {
          planBulkBatches: () =>
            Promise.reject(
              ApplicationFailure.nonRetryable('there is no such job', failureTypes.bulkJobNotFound),
            ),
        }),
        async () => (await start()).result().catch((reason: unknown) => reason),
        options,
      );
      expect(error).toBeInstanceOf(WorkflowFailedError);
      // The failures of the child workflow and of its activity, and the activity's own error.
      expect((error as WorkflowFailedError).cause).toMatchObject({
        cause: { cause: { type: failureTypes.bulkJobNotFound } },
      });
    });
  },
);
