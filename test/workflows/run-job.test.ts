import { once } from 'node:events';
import { ApplicationFailure } from '@temporalio/client';
import { Context } from '@temporalio/activity';
import pg from 'pg';
import { describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { failureTypes } from '../../contracts/errors.ts';
import { taskQueues } from '../../contracts/names.ts';
import { libraryFailure } from '../../packages/durable-jobs/src/engine/library-failure.ts';
import type { RunContext } from '../../packages/durable-jobs/src/jobs/run/activities.ts';
import { defineJob, type FunctionJob } from '../../packages/durable-jobs/src/jobs/run/define-job.ts';
import { PermanentError, RetryAfterError } from '../../packages/durable-jobs/src/jobs/run/errors.ts';
import { retryPlan, type RetryDeclaration } from '../../packages/durable-jobs/src/jobs/run/retry.ts';
import {
  startTestEngine,
  type JobOutcome,
  type TestEngine,
  type TestEngineOptions,
  type TestStartOptions,
} from '../../packages/durable-jobs/src/testing/test-engine.ts';
import { gate } from '../support/gate.ts';
import { noteStarts, recordBranches, type StartedRun } from '../support/record-history.ts';
import { cacheModes, expectOnTime } from '../support/workflow-env.ts';

const server = inject('timeSkippingServer');

const remindJob = {
  type: 'remind',
  input: z.strictObject({ invoiceId: z.string() }),
  key: ({ invoiceId }: { invoiceId: string }) => invoiceId,
} as const;

// It connects when it is first used, which does not happen.
const db = new pg.Pool();

type Input = { invoiceId: string };
type Run = (input: Input, context: RunContext) => Promise<unknown>;

describe.skipIf(server.path === undefined).each(cacheModes)(
  `a job that is one function, $mode ${server.howToGet ?? ''}`,
  ({ options }) => {
    const startEngine = async (job: FunctionJob<string, Input>, more: Partial<TestEngineOptions> = {}) => {
      const engine = await startTestEngine({
        jobs: [job],
        db,
        workflows: { codePath: inject('workflowBundlePath') },
        ...(server.path !== undefined && { serverPath: server.path }),
        ...options,
        ...more,
      });
      const started: StartedRun[] = [];
      noteStarts(engine.client, started);
      return {
        ...engine,
        async [Symbol.asyncDispose]() {
          await recordBranches(engine.client, started, expect.getState().currentTestName ?? '');
          await engine.close();
        },
      };
    };

    /** Runs a job `remind` with this function to its end. */
    async function remind(
      run: Run,
      retry: RetryDeclaration,
      activities = {},
      start: (engine: TestEngine) => Promise<TestStartOptions> | undefined = () => undefined,
    ): Promise<JobOutcome> {
      const job = defineJob({ ...remindJob, retry, taskQueue: taskQueues.payments, run });
      await using engine = await startEngine(job, { activities });
      return await engine.run(job, { invoiceId: 'i-1' }, await start(engine));
    }

    it.each([
      ['fails without doing anything where its start has expired', -1_000, 0],
      ['begins as usual where its start has not', 3_600_000, 1],
    ])('%s', async (_what, expiresInMs, runs) => {
      let ran = 0;
      const { result, failure } = await remind(
        () => Promise.resolve(++ran),
        { delays: [] },
        {},
        async (engine) => ({ expiresAt: new Date((await engine.now()).getTime() + expiresInMs) }),
      );
      expect(ran).toBe(runs);
      if (runs === 0) expect(failure).toMatchObject({ code: failureTypes.startExpired });
      else expect(result).toBe(runs);
    });

    it('runs on its queue, and gives the function what it needs', async () => {
      const { id, runId, result, effectKey } = await remind(
        (input, { attempt, progress, db: given, signal }) => {
          expect(signal.aborted).toBe(false);
          expect(given).toBe(db);
          return Promise.resolve({ input, attempt, progress, taskQueue: Context.current().info.taskQueue });
        },
        { delays: [] },
      );
      expect(result).toEqual({
        input: { invoiceId: 'i-1' },
        attempt: 1,
        taskQueue: taskQueues.payments,
      });
      expect(id).toBe('remind:i-1');
      expect(effectKey).toBe(`${id}/${runId}`);
    });

    it.each([
      ['that follow a formula', ['60s', '300s', '900s'], [60, 300, 900]],
      ['of any kind', ['20s', '5s', '5m'], [20, 5, 300]],
    ])(
      'is retried after exact delays %s, with one effect key, and then fails',
      async (_what, delays, waits) => {
        const keys = new Set<string>();
        const outcome = await remind(
          (_input, { attempt, effectKey }) => {
            keys.add(effectKey);
            return Promise.reject(new Error(`attempt ${attempt}`));
          },
          { delays },
        );
        expect(outcome).toMatchObject({
          status: 'failed',
          failure: { message: 'attempt 4', code: 'Error' },
        });
        expect(outcome.attempts.map(({ error }) => error?.message)).toEqual(
          [1, 2, 3, 4].map((n) => `attempt ${n}`),
        );
        expectOnTime(waitsOf(outcome), waits);
        expect(keys.size).toBe(1);
      },
    );

    it('gives the next attempt the progress of the last', async () => {
      const outcome = await remind(
        ({ invoiceId }, { progress, heartbeat }) => {
          if (progress !== undefined) return Promise.resolve({ invoiceId, progress });
          heartbeat({ done: 7 });
          return Promise.reject(new Error('away'));
        },
        { delays: ['1s'] },
      );
      expect(outcome).toMatchObject({
        result: { invoiceId: 'i-1', progress: { done: 7 } },
        progress: { done: 7 },
      });
    });

    it('fails at once if no retry can help', async () => {
      const outcome = await remind(
        () => Promise.reject(new PermanentError('no such invoice', { code: 'InvoiceUnknown' })),
        { delays: ['1s', '1s'] },
      );
      expect(outcome.attempts).toHaveLength(1);
      expect(outcome.failure).toEqual({ message: 'no such invoice', code: 'InvoiceUnknown' });
    });

    it('waits as long as a provider asks, and no shorter than its policy says', async () => {
      const outcome = await remind(
        (_input, { attempt }) =>
          attempt < 3
            ? Promise.reject(new RetryAfterError('busy', attempt === 1 ? 90_000 : 1_000))
            : Promise.resolve({}),
        { initialInterval: '10s' },
      );
      expectOnTime(waitsOf(outcome), [90, 20]);
    });

    it('uses up no attempt while our own database is unavailable', async () => {
      let calls = 0;
      const outcome = await remind(
        () => {
          calls++;
          if (calls === 2) {
            throw libraryFailure({
              message: 'away',
              type: failureTypes.databaseUnavailable,
              nonRetryable: true,
              details: [{ attempt: Context.current().info.attempt }],
            });
          }
          throw new Error(`call ${calls}`);
        },
        { delays: ['20s', '5s', '5m'] },
      );
      expect(outcome.failure).toMatchObject({ message: 'call 5' });
      expect(outcome.attempts.map(({ number }) => number)).toEqual([1, 2, 2, 3, 4]);
      expectOnTime(waitsOf(outcome), [20, 0, 5, 300]);
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
      await using engine = await startEngine(job);
      const { workflow, outcome } = await engine.start(job, { invoiceId: 'i-1' });
      await begun.opened;
      await workflow.cancel();
      await heard.opened;
      expect((await outcome()).status).toBe('cancelled');
    });

    it('can be cancelled before it begins, and then does not run', async () => {
      let ran = 0;
      const job = defineJob({ ...remindJob, run: () => Promise.resolve(++ran) });
      await using engine = await startEngine(job);
      const { workflow, outcome } = await engine.start(job, { invoiceId: 'i-1' }, { delay: '1h' });
      await workflow.cancel();
      expect((await outcome()).status).toBe('cancelled');
      expect(ran).toBe(0);
    });

    it('waits for a worker that knows the job', async () => {
      let looks = 0;
      const { result } = await remind(
        () => Promise.resolve('done'),
        { delays: [] },
        {
          readRunPolicy: () => {
            looks++;
            if (looks < 2) return Promise.reject(ApplicationFailure.nonRetryable('unknown', 'JobUnknown'));
            return Promise.resolve({
              taskQueue: taskQueues.jobs,
              timeoutMs: 60_000,
              retry: retryPlan({ delays: [] }),
            });
          },
        },
      );
      expect(result).toBe('done');
      expect(looks).toBe(2);
    });
  },
);

/** Seconds between the beginnings of attempts. */
function waitsOf({ attempts }: JobOutcome): number[] {
  const at = attempts.map(({ startedAt }) => startedAt.getTime());
  return at.slice(1).map((time, index) => (time - (at[index] ?? 0)) / 1000);
}
