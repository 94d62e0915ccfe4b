import { describe, expect, inject, it } from 'vitest';
import { taskQueues } from '../../contracts/names.ts';
import type { Signatures } from '../../contracts/signatures.ts';
import { cacheModes, newId, useWorkflowEnv } from '../support/workflow-env.ts';

const server = inject('timeSkippingServer');

describe.skipIf(server.path === undefined).each(cacheModes)(
  `refreshStatistics, $mode ${server.howToGet ?? ''}`,
  ({ options }) => {
    const env = useWorkflowEnv();

    const run = (): Promise<unknown> =>
      env.client.workflow.execute<Signatures['refreshStatistics']>('refreshStatistics', {
        workflowId: `refresh-statistics:${newId()}`,
        taskQueue: taskQueues.jobs,
        args: [{}],
      });

    it('asks at every attempt for figures of the time at which it was due', async () => {
      const asked: string[] = [];
      const result = await env.withWorkers(
        {
          refreshStatisticsView: ({ dueAt }) => {
            asked.push(dueAt);
            if (asked.length < 3) throw new Error('the database is away');
            return Promise.resolve({ refreshedAt: dueAt, outcome: 'refreshed' });
          },
        },
        run,
        options,
      );
      expect(result).toEqual({ refreshedAt: asked[0], outcome: 'refreshed' });
      expect(asked).toHaveLength(3);
      expect(new Set(asked).size).toBe(1);
    });

    it('gives up once the next run of its schedule would do the same', async () => {
      const startedAt = await env.now();
      let lastAt = startedAt;
      const failed = await env.withWorkers(
        {
          refreshStatisticsView: async () => {
            lastAt = await env.now();
            throw new Error('the database is away');
          },
        },
        () => run().catch(() => 'failed'),
        options,
      );
      expect(failed).toBe('failed');
      const minutes = (lastAt - startedAt) / 60_000;
      expect(minutes).toBeGreaterThan(28);
      expect(minutes).toBeLessThan(30.5);
    });
  },
);
