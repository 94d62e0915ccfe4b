import { Context } from '@temporalio/activity';
import {
  ApplicationFailure,
  CancelledFailure,
  WorkflowFailedError,
  type WorkflowHandle,
} from '@temporalio/client';
import { describe, expect, inject, it } from 'vitest';
import {
  describeServiceSignal,
  pauseServiceSignal,
  renewServiceSignal,
  resumeServiceSignal,
} from '../../packages/durable-jobs/src/hosted-services/signals.ts';
import { taskQueues } from '../../contracts/names.ts';
import type { Signatures } from '../../contracts/signatures.ts';
import { eventually } from '../support/jobs.ts';
import { cacheModes, useWorkflowEnv, type ActivityMocks } from '../support/workflow-env.ts';

const server = inject('timeSkippingServer');
const workflowId = 'host-service:outbox-relay';

/** The workflow's current details in the Web UI. */
async function detailsOf(handle: WorkflowHandle): Promise<string> {
  const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
  return currentDetails;
}

describe.skipIf(server.path === undefined).each(cacheModes)(
  `hostService, $mode ${server.howToGet ?? ''}`,
  ({ options }) => {
    const env = useWorkflowEnv();
    const start = () =>
      env.client.workflow.start<Signatures['hostService']>('hostService', {
        workflowId,
        taskQueue: taskQueues.jobs,
        args: [{ serviceId: 'outbox-relay' }],
      });
    /** The service's newest run, with a new handle: the handle of a start stays with the run that it started. */
    const newest = () => env.client.workflow.getHandle(workflowId);

    /**
     * Waits until the run after `runId` waits for a message, and checks that it reports being paused. The test server loses a query to a
     * run that is just being continued.
     */
    const expectPausedAfter = async (runId: string): Promise<void> => {
      await eventually(async () => {
        const description = await newest().describe();
        expect(description.runId).not.toBe(runId);
        const { events } = await newest().fetchHistory();
        expect(events?.at(-1)?.workflowTaskCompletedEventAttributes).toBeTruthy();
      });
      expect(await detailsOf(newest())).toMatch(/^Paused\./);
    };

    /** A service whose turns last until `end` is called for them, or until they are cancelled. */
    const recorder = () => {
      const ends: (() => void)[] = [];
      const outcomes: string[] = [];
      const activities: ActivityMocks = {
        runService: async () => {
          const context = Context.current();
          const heartbeats = setInterval(() => context.heartbeat(), 50);
          const ended = new Promise<void>((resolve) => ends.push(resolve));
          try {
            await Promise.race([ended, context.cancelled.catch(() => outcomes.push('told to end'))]);
          } finally {
            clearInterval(heartbeats);
          }
          outcomes.push('ended');
        },
      };
      return {
        activities,
        outcomes,
        begun: (turns: number) => eventually(() => expect(ends).toHaveLength(turns)),
        end: () => ends.at(-1)?.(),
        turns: () => ends.length,
      };
    };

    /** Runs `test` with a service that was started, and ends it afterwards. */
    const hosted = (
      activities: ActivityMocks,
      service: ReturnType<typeof recorder>,
      test: (firstRunId: string) => Promise<void>,
    ): Promise<void> =>
      env.withWorkers(
        activities,
        async () => {
          const { firstExecutionRunId } = await start();
          await test(firstExecutionRunId);
          await newest().terminate();
          service.end();
        },
        options,
      );

    it('starts the service again when its run ends, and its history does not grow', async () => {
      const service = recorder();
      await hosted(service.activities, service, async (firstRunId) => {
        for (let turn = 1; turn <= 4; turn++) {
          await service.begun(turn);
          service.end();
        }
        await service.begun(5);
        expect((await newest().describe()).runId).not.toBe(firstRunId);
        expect((await newest().fetchHistory()).events?.length).toBeLessThan(12);
      });
    });

    it('ends the service when it is paused, keeps it so, and starts it again when it is resumed', async () => {
      const service = recorder();
      await hosted(service.activities, service, async (firstRunId) => {
        await service.begun(1);
        expect(await detailsOf(newest())).toMatch(/^Running\./);
        await newest().signal(pauseServiceSignal);
        await expectPausedAfter(firstRunId);
        expect(service.outcomes).toEqual(['told to end', 'ended']);
        // The last report of its turn does not hide that it is paused.
        await newest().signal(describeServiceSignal, { text: 'Busy.' });
        await env.pass('3 days');
        expect(service.turns()).toBe(1);
        expect(await detailsOf(newest())).toMatch(/^Paused\./);

        await newest().signal(resumeServiceSignal);
        await service.begun(2);
        expect(await detailsOf(newest())).toMatch(/^Running\./);
      });
    });

    it('stays paused if it is paused before its first turn, or resumed and paused again', async () => {
      const service = recorder();
      await env.withWorkers(
        service.activities,
        async () => {
          await env.client.workflow.signalWithStart<Signatures['hostService']>('hostService', {
            workflowId,
            taskQueue: taskQueues.jobs,
            args: [{ serviceId: 'outbox-relay' }],
            signal: pauseServiceSignal,
          });
          await eventually(async () => expect(await detailsOf(newest())).toMatch(/^Paused\./));
          await newest().signal(pauseServiceSignal);
          await env.pass('1 hour');
          expect(service.turns()).toBe(0);
          await newest().signal(resumeServiceSignal);
          await service.begun(1);
          await newest().signal(pauseServiceSignal);
          await newest().signal(resumeServiceSignal);
          await service.begun(2);
          await newest().terminate();
          service.end();
        },
        options,
      );
    });

    it('continues in a new run when it is renewed, paused or running as before', async () => {
      const service = recorder();
      await hosted(service.activities, service, async (firstRunId) => {
        await service.begun(1);
        await newest().signal(renewServiceSignal);
        await service.begun(2);
        const { runId } = await newest().describe();
        expect(runId).not.toBe(firstRunId);
        await newest().signal(pauseServiceSignal);
        await expectPausedAfter(runId);
        const paused = await newest().describe();
        await newest().signal(renewServiceSignal);
        await expectPausedAfter(paused.runId);
        expect(service.turns()).toBe(2);
        await newest().signal(resumeServiceSignal);
        await service.begun(3);
      });
    });

    it('retries a failing service in the same run', async () => {
      let attempts = 0;
      const service = recorder();
      await hosted(
        {
          runService: (input) => {
            attempts++;
            return attempts < 40
              ? Promise.reject(new Error('the database is away'))
              : (service.activities.runService?.(input) ?? Promise.resolve());
          },
        },
        service,
        async () => {
          // In steps that are shorter than the heartbeat timeout: the clock also jumps for a running activity.
          while (service.turns() === 0) await env.pass('10 seconds');
          expect(attempts).toBe(40);
          expect((await newest().fetchHistory()).events?.length).toBeLessThan(12);
        },
      );
    });

    it("shows the service's own notice", async () => {
      const service = recorder();
      await hosted(service.activities, service, async () => {
        await service.begun(1);
        await newest().signal(describeServiceSignal, { text: 'Busy since noon.' });
        await eventually(async () => expect(await detailsOf(newest())).toBe('Busy since noon.'));
      });
    });

    it('continues half a minute after an unexpected failure', async () => {
      const at: number[] = [];
      const service = recorder();
      await hosted(
        {
          runService: async (input) => {
            at.push(await env.now());
            if (at.length === 1) throw ApplicationFailure.nonRetryable('a bug');
            await service.activities.runService?.(input);
          },
        },
        service,
        async () => {
          while (service.turns() === 0) await env.pass('10 seconds');
          expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(29_000);
        },
      );
    });

    it.each([
      ['while it runs', false],
      ['while it is paused', true],
    ])('ends when it is cancelled %s', async (_, paused) => {
      const service = recorder();
      await env.withWorkers(
        service.activities,
        async () => {
          const { firstExecutionRunId } = await start();
          await service.begun(1);
          if (paused) {
            await newest().signal(pauseServiceSignal);
            await expectPausedAfter(firstExecutionRunId);
          }
          await newest().cancel();
          const error: unknown = await newest()
            .result()
            .catch((thrown: unknown) => thrown);
          expect(error).toBeInstanceOf(WorkflowFailedError);
          expect((error as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure);
        },
        options,
      );
    });
  },
);
