import { describe, expect, inject, it } from 'vitest';
import { taskQueues } from '../../contracts/names.ts';
import type { Signatures } from '../../contracts/signatures.ts';
import { cacheModes, expectOnTime, newId, useWorkflowEnv } from '../support/workflow-env.ts';

const server = inject('timeSkippingServer');

describe.skipIf(server.path === undefined).each(cacheModes)(
  `eraseSubject, $mode ${server.howToGet ?? ''}`,
  ({ options }) => {
    const env = useWorkflowEnv();
    const start = () => {
      const userId = newId();
      return env.client.workflow.start<Signatures['eraseSubject']>('eraseSubject', {
        workflowId: `erase-subject:${userId}`,
        taskQueue: taskQueues.jobs,
        args: [{ userId, accountKey: '0'.repeat(32) }],
      });
    };

    it('destroys nothing before the last job has ended, and looks ever less often', async () => {
      const looks: number[] = [];
      let destroyed = 0;
      const result = await env.withWorkers(
        {
          endJobsOfSubject: async () => {
            looks.push(await env.now());
            expect(destroyed).toBe(0);
            return { open: 5 - looks.length };
          },
          destroySubject: () => Promise.resolve({ destroyedKeys: ++destroyed }),
        },
        async () => (await start()).result(),
        options,
      );
      expect(result).toEqual({ destroyedKeys: 1 });
      const waits = looks.slice(1).map((time, index) => (time - (looks[index] ?? 0)) / 1_000);
      expectOnTime(waits, [1, 2, 4, 8]);
    });

    it('continues although it is cancelled', async () => {
      let looks = 0;
      const result = await env.withWorkers(
        {
          endJobsOfSubject: () => Promise.resolve({ open: ++looks === 1 ? 1 : 0 }),
          destroySubject: () => Promise.resolve({ destroyedKeys: 2 }),
        },
        async () => {
          const handle = await start();
          await handle.cancel();
          return handle.result();
        },
        options,
      );
      expect(result).toEqual({ destroyedKeys: 2 });
    });
  },
);
