import { activityInfo, Context } from '@temporalio/activity';
import { ApplicationFailure, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import { describe, expect, inject, it } from 'vitest';
import type { BulkPlan } from '../../packages/durable-jobs/src/bulk/activities.ts';
import { failureTypes } from '../../contracts/errors.ts';
import type { BulkPosition } from '../../packages/durable-jobs/src/bulk/process-bulk.ts';
import {
  continueBulkSignal,
  pauseBulkSignal,
  resumeBulkSignal,
} from '../../packages/durable-jobs/src/bulk/signals.ts';
import { taskQueues } from '../../contracts/names.ts';
import type { Signatures } from '../../contracts/signatures.ts';
import { gate } from '../support/gate.ts';
import { eventually } from '../support/jobs.ts';
import {
  cacheModes,
  expectOnTime,
  hasNothingInProgress,
  newId,
  signalAndWait,
  useWorkflowEnv,
  type ActivityMocks,
} from '../support/workflow-env.ts';

const server = inject('timeSkippingServer');

interface Range {
  from: number;
  to: number;
}

/** A plan as the activity returns it, with ranges of one item at these positions. */
const planOf = (positions: readonly number[], window = 4): BulkPlan => ({
  ranges: positions.map((position) => ({ from: position, to: position })),
  window,
  total: 10,
  done: 0,
  failed: 0,
});
const positions = (from: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => from + index);
const nothingPending = { total: 10, done: 10, failed: 0, pending: 0 };

describe.skipIf(server.path === undefined).each(cacheModes)(
  `processBulk, $mode ${server.howToGet ?? ''}`,
  ({ options }) => {
    const env = useWorkflowEnv();

    const start = (resumeAt?: BulkPosition): Promise<WorkflowHandle<Signatures['processBulk']>> => {
      const bulkJobId = newId();
      return env.client.workflow.start<Signatures['processBulk']>('processBulk', {
        workflowId: `process-bulk:${bulkJobId}`,
        taskQueue: taskQueues.jobs,
        args: [{ bulkJobId, ...(resumeAt && { resumeAt }) }],
      });
    };

    /**
     * Stand-ins for the activities, and the arguments of their calls. Each batch lasts until the test ends it, so that the test can check
     * which ones run concurrently.
     */
    const recorder = (overrides: ActivityMocks = {}) => {
      const marks: string[] = [];
      const plans: { after: number; at: number }[] = [];
      const begun: Range[] = [];
      const open = new Map<number, (stoppedAt: number | null) => void>();
      let mostOpen = 0;
      const activities: ActivityMocks = {
        processBulkBatch: ({ from, to }) =>
          new Promise((resolve) => {
            begun.push({ from, to });
            open.set(from, (stoppedAt) => {
              open.delete(from);
              resolve({ stoppedAt });
            });
            mostOpen = Math.max(mostOpen, open.size);
          }),
        ...overrides,
        markBulkJob: async (input) => {
          marks.push(input.as);
          await overrides.markBulkJob?.(input);
        },
        planBulkBatches: async (input) => {
          plans.push({ after: input.after, at: await env.now() });
          return overrides.planBulkBatches?.(input) ?? planOf([]);
        },
        endBulkJob: (input) => {
          marks.push(input.as);
          return overrides.endBulkJob?.(input) ?? Promise.resolve(nothingPending);
        },
      };
      return {
        activities,
        marks,
        plans,
        begun,
        mostOpen: () => mostOpen,
        /** Waits until exactly these batches are open. */
        expectOpen: (...expected: number[]) =>
          eventually(() => expect([...open.keys()].toSorted((a, b) => a - b)).toEqual(expected)),
        /** Ends an open batch; with the reason if it stopped before the end of its range. */
        end: (from: number, stoppedAt: number | null = null) => open.get(from)?.(stoppedAt),
      };
    };

    /** One plan with these ranges for a walk, and nothing after it. */
    const onePlan =
      (ranges: readonly number[], window?: number) =>
      ({ after }: { after: number }): Promise<BulkPlan> =>
        Promise.resolve(planOf(after === -1 ? ranges : [], window));

    const run = (
      activities: ActivityMocks,
      test: (handle: WorkflowHandle<Signatures['processBulk']>) => Promise<unknown>,
      resumeAt?: BulkPosition,
    ): Promise<unknown> =>
      env.withWorkers(
        activities,
        async () => {
          const handle = await start(resumeAt);
          await test(handle);
          return handle.result().catch((error: unknown) => error);
        },
        options,
      );

    it('keeps a window of batches open, and begins the next as soon as one of them ends', async () => {
      const job = recorder({ planBulkBatches: onePlan(positions(0, 6), 3) });
      const result = await run(job.activities, async () => {
        await job.expectOpen(0, 1, 2);
        job.end(1);
        await job.expectOpen(0, 2, 3);
        job.end(3);
        await job.expectOpen(0, 2, 4);
        job.end(0);
        await job.expectOpen(2, 4, 5);
        for (const from of [2, 4, 5]) job.end(from);
      });
      expect(result).toEqual({ outcome: 'completed', total: 10, done: 10, failed: 0 });
      expect(job.mostOpen()).toBe(3);
      expect(job.begun).toHaveLength(6);
      expect(job.plans.map(({ after }) => after)).toEqual([-1, 5]);
      expect(job.marks).toEqual(['running', 'completed']);
    });

    it('ends at once if there are no items', async () => {
      const job = recorder();
      await run(job.activities, () => Promise.resolve());
      expect(job.begun).toEqual([]);
      expect(job.marks).toEqual(['running', 'completed']);
    });

    it('continues as new from its position, in the same round, and does nothing twice', async () => {
      const runs = new Set<string>();
      const size = 50;
      const last = 449;
      let ends = 0;
      const job = recorder({
        // The second walk is the long one.
        planBulkBatches: ({ after }) =>
          Promise.resolve(planOf(ends === 0 || after >= last ? [] : positions(after + 1, size), size)),
        processBulkBatch: ({ from, to }) => {
          job.begun.push({ from, to });
          runs.add(activityInfo().workflowExecution?.runId ?? '');
          return Promise.resolve({ stoppedAt: null });
        },
        endBulkJob: () => Promise.resolve({ ...nothingPending, pending: ++ends < 3 ? 1 : 0 }),
      });
      await run(job.activities, () => Promise.resolve());
      expect(runs.size).toBeGreaterThan(1);
      const walk = positions(0, last + 1);
      expect(job.begun.map(({ from }) => from).toSorted((a, b) => a - b)).toEqual(
        [...walk, ...walk].toSorted((a, b) => a - b),
      );
      const longWalk = [-1, ...positions(1, 9).map((plan) => plan * size - 1)];
      expect(job.plans.map(({ after }) => after)).toEqual([-1, ...longWalk, ...longWalk]);
      // The wait after the second round, and not that after the first again.
      const [, begins] = [job.plans[10], job.plans[11]];
      expectOnTime(((begins?.at ?? 0) - (job.plans[10]?.at ?? 0)) / 1_000, 60);
    });

    it('stays paused if it continued as new while paused', async () => {
      const job = recorder({
        planBulkBatches: ({ after }) => Promise.resolve(planOf(after === 41 ? [42] : [])),
      });
      await run(
        job.activities,
        async (handle) => {
          await eventually(() => expect(job.marks).toContain('paused'));
          await env.pass('1 day');
          expect(job.plans).toEqual([]);
          await handle.signal(resumeBulkSignal);
          await job.expectOpen(42);
          job.end(42);
        },
        { after: 41, round: 2, paused: true },
      );
      expect(job.plans.map(({ after }) => after)).toEqual([41, 42]);
      expect(job.marks.slice(-2)).toEqual(['running', 'completed']);
    });

    it('begins no batch while it is paused, and then continues if a batch stopped', async () => {
      const job = recorder({
        planBulkBatches: ({ after }) =>
          Promise.resolve({
            ...planOf([]),
            window: 2,
            ranges: after === -1 ? [0, 100, 200].map((from) => ({ from, to: from + 99 })) : [],
          }),
      });
      await run(job.activities, async (handle) => {
        await job.expectOpen(0, 100);
        await handle.signal(pauseBulkSignal);
        await eventually(() => expect(job.marks).toEqual(['running', 'paused']));
        job.end(0, 37);
        job.end(100);
        await job.expectOpen();
        await env.pass('1 day');
        expect(job.begun).toHaveLength(2);
        await handle.signal(resumeBulkSignal);
        await job.expectOpen(37, 200);
        job.end(37);
        job.end(200);
      });
      expect(job.begun.toSorted((a, b) => a.from - b.from)).toEqual([
        { from: 0, to: 99 },
        { from: 37, to: 99 },
        { from: 100, to: 199 },
        { from: 200, to: 299 },
      ]);
      expect(job.marks).toEqual(['running', 'paused', 'running', 'completed']);
    });

    it('continues if it is resumed before the pause took effect', async () => {
      const [marking, mark] = [gate(), gate()];
      const job = recorder({
        planBulkBatches: onePlan([0, 1], 1),
        markBulkJob: ({ as }) => {
          if (as !== 'paused') return Promise.resolve();
          marking.open();
          return mark.opened;
        },
      });
      const result = await run(job.activities, async (handle) => {
        await job.expectOpen(0);
        await handle.signal(pauseBulkSignal);
        await marking.opened;
        await handle.signal(resumeBulkSignal);
        // Between two chunks, the batch may read the row in this state for a moment.
        job.end(0, 0);
        // Until the row is that of a running job again, no other batch begins: it would see a pause, and stop
        // immediately.
        await eventually(async () => {
          const { events } = await handle.fetchHistory();
          const all = events ?? [];
          const ended = all.filter((event) => event.activityTaskCompletedEventAttributes);
          const decided = all.findLast((event) => event.workflowTaskCompletedEventAttributes);
          expect(ended).toHaveLength(3);
          expect(Number(decided?.eventId)).toBeGreaterThan(Number(ended.at(-1)?.eventId));
          // The mark, the plan, the first batch, and the mark in progress.
          expect(all.filter((event) => event.activityTaskScheduledEventAttributes)).toHaveLength(4);
        });
        mark.open();
        // Its remaining items go to the end of the queue.
        await job.expectOpen(1);
        job.end(1);
        await job.expectOpen(0);
        job.end(0);
      });
      expect(result).toMatchObject({ outcome: 'completed' });
      expect(job.marks).toEqual(['running', 'paused', 'running', 'completed']);
    });

    it('accepts a pause that arrives during a resume', async () => {
      const [marking, mark] = [gate(), gate()];
      let resuming = false;
      const job = recorder({
        planBulkBatches: onePlan([0], 1),
        markBulkJob: ({ as }) => {
          if (as !== 'running' || !resuming) return Promise.resolve();
          marking.open();
          return mark.opened;
        },
      });
      await run(job.activities, async (handle) => {
        await job.expectOpen(0);
        await handle.signal(pauseBulkSignal);
        await eventually(() => expect(job.marks.at(-1)).toBe('paused'));
        resuming = true;
        await handle.signal(resumeBulkSignal);
        await marking.opened;
        await handle.signal(pauseBulkSignal);
        mark.open();
        // The batch is still open: it only sees the pause in the row.
        await eventually(() => expect(job.marks).toEqual(['running', 'paused', 'running', 'paused']));
        await handle.signal(resumeBulkSignal);
        await eventually(() => expect(job.marks.at(-1)).toBe('running'));
        job.end(0);
      });
      expect(job.marks).toEqual(['running', 'paused', 'running', 'paused', 'running', 'completed']);
    });

    it('walks again if it is told of items while it ends', async () => {
      const [ending, end] = [gate(), gate()];
      let handedBack = false;
      const job = recorder({
        planBulkBatches: ({ after }) => Promise.resolve(planOf(handedBack && after === -1 ? [7] : [])),
        endBulkJob: async () => {
          ending.open();
          await end.opened;
          return nothingPending;
        },
      });
      await run(job.activities, async (handle) => {
        await ending.opened;
        handedBack = true;
        await handle.signal(continueBulkSignal);
        end.open();
        await job.expectOpen(7);
        // The row said that the job has ended, or that it is queued.
        expect(job.marks).toEqual(['running', 'completed', 'running']);
        job.end(7);
      });
      expect(job.begun).toEqual([{ from: 7, to: 7 }]);
      expect(job.plans.map(({ after }) => after)).toEqual([-1, -1, 7]);
      expect(job.marks.slice(3)).toEqual(['completed']);
    });

    it('waits 10 s before it retries items, and a minute after each later round', async () => {
      const pending = [5, 3, 1, 0];
      const job = recorder({
        endBulkJob: () => Promise.resolve({ ...nothingPending, pending: pending.shift() ?? 0 }),
      });
      await run(job.activities, () => Promise.resolve());
      const waits = job.plans.slice(1).map(({ at }, index) => (at - (job.plans[index]?.at ?? 0)) / 1_000);
      expectOnTime(waits, [10, 60, 60]);
      expect(job.plans.map(({ after }) => after)).toEqual([-1, -1, -1, -1]);
    });

    it('ends such a pause when it is informed of items', async () => {
      let ends = 0;
      const job = recorder({
        endBulkJob: () => Promise.resolve({ ...nothingPending, pending: ++ends === 1 ? 5 : 0 }),
      });
      await run(
        job.activities,
        async (handle) => {
          await eventually(() => expect(ends).toBe(1));
          await handle.signal(continueBulkSignal);
          await eventually(() => expect(job.plans).toHaveLength(2));
        },
        { after: -1, round: 5, paused: false },
      );
      const [first, second] = job.plans;
      expect((second?.at ?? 0) - (first?.at ?? 0)).toBeLessThan(50_000);
    });

    it('does not begin a round while it is paused', async () => {
      let ends = 0;
      const job = recorder({
        endBulkJob: () => Promise.resolve({ ...nothingPending, pending: ++ends === 1 ? 5 : 0 }),
      });
      await run(job.activities, async (handle) => {
        await eventually(() => expect(ends).toBe(1));
        await signalAndWait(handle, pauseBulkSignal);
        await env.pass('1 day');
        expect(job.plans).toHaveLength(1);
        await handle.signal(resumeBulkSignal);
        await eventually(() => expect(job.plans).toHaveLength(2));
      });
      expect(ends).toBe(2);
    });

    it.each([
      ['between two rounds', false],
      ['while it is paused', true],
    ])('marks its row as cancelled %s', async (_, paused) => {
      const job = recorder({
        endBulkJob: ({ as }) => Promise.resolve({ ...nothingPending, pending: as === 'completed' ? 5 : 0 }),
      });
      const error = await run(job.activities, async (handle) => {
        await eventually(() => expect(job.marks).toContain('completed'));
        if (paused) {
          await handle.signal(pauseBulkSignal);
          await eventually(() => expect(job.marks).toContain('paused'));
        }
        await hasNothingInProgress(handle);
        await handle.cancel();
      });
      expect((error as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure);
      expect(job.marks.at(-1)).toBe('cancelled');
    });

    it('waits, when it is cancelled, until its last batch has ended, before it says how many items are done', async () => {
      const order: string[] = [];
      const late = gate();
      const begun = new Set<number>();
      const job = recorder({
        planBulkBatches: onePlan([0, 1, 2], 2),
        processBulkBatch: async ({ from }) => {
          const context = Context.current();
          begun.add(from);
          const timer = setInterval(() => context.heartbeat(), 50);
          try {
            return await context.cancelled;
          } finally {
            if (from === 1) await late.opened;
            clearInterval(timer);
            order.push(`batch ${from}`);
          }
        },
        endBulkJob: ({ as }) => {
          order.push(as);
          return Promise.resolve({ ...nothingPending, pending: 1 });
        },
      });
      const error = await run(job.activities, async (handle) => {
        await eventually(() => expect(begun).toEqual(new Set([0, 1])));
        await handle.cancel();
        await eventually(async () => {
          const { events } = await handle.fetchHistory();
          expect(events?.some((event) => event.activityTaskCanceledEventAttributes)).toBe(true);
          expect(events?.at(-1)?.workflowTaskCompletedEventAttributes).toBeTruthy();
        });
        late.open();
      });
      expect((error as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure);
      expect(order).toEqual(['batch 0', 'batch 1', 'cancelled']);
      expect(begun).toEqual(new Set([0, 1]));
    });

    it('fails visibly if its items can never be planned', async () => {
      const job = recorder({
        planBulkBatches: () =>
          Promise.reject(
            ApplicationFailure.nonRetryable('there is no such job', failureTypes.bulkJobNotFound),
          ),
      });
      const error = await run(job.activities, () => Promise.resolve());
      expect(error).toBeInstanceOf(WorkflowFailedError);
      expect((error as WorkflowFailedError).cause?.cause).toMatchObject({
        type: failureTypes.bulkJobNotFound,
      });
      expect(job.plans).toHaveLength(1);
      expect(job.marks).toEqual(['running']);
    });

    it('retries an unavailable database for its items until it is back', async () => {
      const job = recorder({
        planBulkBatches: () =>
          job.plans.length < 9 ? Promise.reject(new Error('away')) : Promise.resolve(planOf([])),
      });
      const result = await run(job.activities, () => Promise.resolve());
      expect(result).toMatchObject({ outcome: 'completed' });
      const waits = job.plans.slice(1).map(({ at }, index) => (at - (job.plans[index]?.at ?? 0)) / 1_000);
      expectOnTime(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
    });
  },
);
