import { once } from 'node:events';
import type { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/client';
import { Context } from '@temporalio/activity';
import pg from 'pg';
import { pino } from 'pino';
import { describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { failureTypes } from '../../contracts/errors.ts';
import { taskQueues } from '../../contracts/names.ts';
import {
  createPolicyActivities,
  createRunActivities,
  type RunContext,
} from '../../packages/durable-jobs/src/jobs/run/activities.ts';
import { defineJob } from '../../packages/durable-jobs/src/jobs/run/define-job.ts';
import { PermanentError, RetryAfterError } from '../../packages/durable-jobs/src/jobs/run/errors.ts';
import { retryPlan, type RetryDeclaration } from '../../packages/durable-jobs/src/jobs/run/retry.ts';
import { gate } from '../support/gate.ts';
import {
  cacheModes,
  expectOnTime,
  newId,
  useWorkflowEnv,
  type ActivityMocks,
} from '../support/workflow-env.ts';

const server = inject('timeSkippingServer');

const remindJob = {
  type: 'remind',
  input: z.strictObject({ invoiceId: z.string() }),
  key: ({ invoiceId }: { invoiceId: string }) => invoiceId,
} as const;

// It connects when it is used first, which it is not.
const deps = {
  db: new pg.Pool(),
  logger: pino({ level: 'silent' }),
  checkDatabase: () => Promise.resolve(),
};

type Run = (input: { invoiceId: string }, context: RunContext) => Promise<unknown>;

describe.skipIf(server.path === undefined).each(cacheModes)(
  `a job that is one function, $mode ${server.howToGet ?? ''}`,
  ({ options }) => {
    const env = useWorkflowEnv();

    /** Runs a job `remind` of this function and returns its result, or what it failed with. */
    async function remind(
      run: Run,
      retry: RetryDeclaration,
      more: ActivityMocks = {},
      start: { memo?: Record<string, unknown> } = {},
    ): Promise<unknown> {
      const job = defineJob({ ...remindJob, retry, taskQueue: taskQueues.payments, run });
      const activities = { ...createRunActivities([job], deps), ...createPolicyActivities([job]) };
      return env.withWorkers(
        { ...activities, ...more },
        () =>
          env.client.workflow
            .execute('remind', {
              workflowId: `remind:${newId()}`,
              taskQueue: taskQueues.jobs,
              args: [{ invoiceId: 'i-1' }],
              ...start,
            })
            .catch((error: unknown) => {
              const { cause } = error as WorkflowFailedError;
              return cause?.cause ?? cause;
            }),
        options,
      );
    }

    it.each([
      ['fails without doing anything where its start has expired', -1_000, 0],
      ['begins as usual where its start has not', 3_600_000, 1],
    ])('%s', async (_what, expiresInMs, runs) => {
      let ran = 0;
      const expiresAt = new Date((await env.now()) + expiresInMs).toISOString();
      const result = await remind(() => Promise.resolve(++ran), { delays: [] }, {}, { memo: { expiresAt } });
      expect(ran).toBe(runs);
      if (runs === 0) expect(result).toMatchObject({ type: failureTypes.startExpired });
      else expect(result).toBe(runs);
    });

    it('runs on its queue, and gives the function what it needs', async () => {
      const result = await remind(
        (input, { attempt, progress, db, effectKey, signal }) => {
          const { taskQueue, workflowExecution } = Context.current().info;
          expect(signal.aborted).toBe(false);
          expect(effectKey).toBe(`${workflowExecution?.workflowId ?? ''}/${workflowExecution?.runId ?? ''}`);
          expect(db).toBe(deps.db);
          return Promise.resolve({ input, attempt, progress, taskQueue });
        },
        { delays: [] },
      );
      expect(result).toEqual({
        input: { invoiceId: 'i-1' },
        attempt: 1,
        taskQueue: taskQueues.payments,
      });
    });

    it.each([
      ['that follow a formula', ['60s', '300s', '900s'], [60, 300, 900]],
      ['of any kind', ['20s', '5s', '5m'], [20, 5, 300]],
    ])(
      'is tried again after exact delays %s, with one effect key, and then fails',
      async (_what, delays, waits) => {
        const at: number[] = [];
        const keys = new Set<string>();
        const failure = await remind(
          async (_input, { attempt, effectKey }) => {
            at.push(await env.now());
            keys.add(effectKey);
            throw new Error(`attempt ${attempt}`);
          },
          { delays },
        );
        expect(failure).toMatchObject({ message: 'attempt 4', type: 'Error' });
        expectOnTime(
          at.slice(1).map((time, index) => (time - (at[index] ?? 0)) / 1000),
          waits,
        );
        expect(keys.size).toBe(1);
      },
    );

    it('gives the next attempt the progress of the last', async () => {
      const result = await remind(
        ({ invoiceId }, { progress, heartbeat }) => {
          if (progress !== undefined) return Promise.resolve({ invoiceId, progress });
          heartbeat({ done: 7 });
          return Promise.reject(new Error('away'));
        },
        { delays: ['1s'] },
      );
      expect(result).toEqual({ invoiceId: 'i-1', progress: { done: 7 } });
    });

    it('fails at once where no attempt can help', async () => {
      let calls = 0;
      const failure = await remind(
        () => {
          calls++;
          return Promise.reject(new PermanentError('no such invoice', { code: 'InvoiceUnknown' }));
        },
        { delays: ['1s', '1s'] },
      );
      expect(calls).toBe(1);
      expect(failure).toMatchObject({ message: 'no such invoice', type: 'InvoiceUnknown' });
    });

    it('waits as long as a provider asks, and no shorter than its policy says', async () => {
      const at: number[] = [];
      await remind(
        async (_input, { attempt }) => {
          at.push(await env.now());
          if (attempt < 3) throw new RetryAfterError('busy', attempt === 1 ? 90_000 : 1_000);
          return {};
        },
        { initialInterval: '10s' },
      );
      expectOnTime(
        at.slice(1).map((time, index) => (time - (at[index] ?? 0)) / 1000),
        [90, 20],
      );
    });

    it('uses up no attempt while our own database is away', async () => {
      const at: number[] = [];
      const attempts: number[] = [];
      const failure = await remind(
        async (_input, { attempt }) => {
          at.push(await env.now());
          attempts.push(attempt);
          if (at.length === 2) {
            throw ApplicationFailure.nonRetryable('away', failureTypes.databaseUnavailable, {
              attempt: Context.current().info.attempt,
            });
          }
          throw new Error(`call ${at.length}`);
        },
        { delays: ['20s', '5s', '5m'] },
        { awaitDatabase: () => Promise.resolve() },
      );
      expect(failure).toMatchObject({ message: 'call 5' });
      expect(attempts).toEqual([1, 2, 2, 3, 4]);
      expectOnTime(
        at.slice(1).map((time, index) => (time - (at[index] ?? 0)) / 1000),
        [20, 0, 5, 300],
      );
    });

    it('can be cancelled, which the function hears of', async () => {
      const begun = gate();
      const heard = gate();
      const job = defineJob({
        ...remindJob,
        timeout: '10m',
        retry: { initialInterval: '1s' },
        run: async (_input, { signal }) => {
          begun.open();
          await once(signal, 'abort');
          heard.open();
          throw new Error('stopped in the middle');
        },
      });
      const activities = { ...createRunActivities([job], deps), ...createPolicyActivities([job]) };
      await env.withWorkers(
        activities as ActivityMocks,
        async () => {
          const handle = await env.client.workflow.start('remind', {
            workflowId: `remind:${newId()}`,
            taskQueue: taskQueues.jobs,
            args: [{ invoiceId: 'i-1' }],
          });
          await begun.opened;
          await handle.cancel();
          await heard.opened;
          await expect(handle.result()).rejects.toThrow('Workflow execution cancelled');
        },
        options,
      );
    });

    it('waits for a worker that knows the job', async () => {
      let looks = 0;
      const result = await remind(() => Promise.resolve('done'), { delays: [] }, {
        readRunPolicy: () => {
          looks++;
          if (looks < 2) return Promise.reject(ApplicationFailure.nonRetryable('unknown', 'JobUnknown'));
          return Promise.resolve({
            taskQueue: taskQueues.jobs,
            timeoutMs: 1_000,
            retry: retryPlan({ delays: [] }),
          });
        },
      } as ActivityMocks);
      expect(result).toBe('done');
      expect(looks).toBe(2);
    });
  },
);
