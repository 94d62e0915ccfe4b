import { sendPasswordReset } from '../../contracts/jobs/send-password-reset.ts';
import { describe, expect, inject, it } from 'vitest';
import { jobId } from '../../packages/durable-jobs/src/jobs/job-definition.ts';
import { nothingDeleted } from '../../contracts/jobs/delete-expired.ts';
import {
  pauseJobSignal,
  rescheduleJobSignal,
  resumeJobSignal,
} from '../../packages/durable-jobs/src/jobs/signals.ts';
import { taskQueues } from '../../contracts/names.ts';
import type { Signatures } from '../../contracts/signatures.ts';
import { cacheModes, expectOnTime, newId, signalAndWait, useWorkflowEnv } from '../support/workflow-env.ts';

const server = inject('timeSkippingServer');

describe.skipIf(server.path === undefined).each(cacheModes)(
  `what operators say to a job that waits, $mode ${server.howToGet ?? ''}`,
  ({ options }) => {
    const env = useWorkflowEnv();

    const startReset = async () => {
      const input = {
        accountKey: newId().replaceAll('-', ''),
        requestId: newId(),
        requestedAt: new Date(await env.now()).toISOString(),
        delayMs: 5 * 60_000,
      };
      const handle = await env.client.workflow.start<Signatures['sendPasswordReset']>('sendPasswordReset', {
        workflowId: jobId(sendPasswordReset, input),
        taskQueue: taskQueues.jobs,
        args: [input],
      });
      return { handle, startedAt: Date.parse(input.requestedAt) };
    };

    /** Runs a reset to its end, and returns the number of seconds until its email was sent. */
    const secondsUntilSent = async (
      interfere: (
        handle: Awaited<ReturnType<typeof startReset>>['handle'],
        startedAt: number,
      ) => Promise<void>,
    ): Promise<number> => {
      let sentAt = 0;
      const activities = {
        sendPasswordResetEmail: async () => {
          sentAt = await env.now();
          return { outcome: 'sent' as const };
        },
      };
      return env.withWorkers(
        activities,
        async () => {
          const { handle, startedAt } = await startReset();
          await interfere(handle, startedAt);
          await handle.result();
          return (sentAt - startedAt) / 1_000;
        },
        options,
      );
    };

    it('moves its time closer, and further away', async () => {
      const seconds = await secondsUntilSent(async (handle, startedAt) => {
        const at = (later: number) => ({ at: new Date(startedAt + later * 1_000).toISOString() });
        await signalAndWait(handle, rescheduleJobSignal, at(3_600));
        await env.pass('30 minutes');
        await signalAndWait(handle, rescheduleJobSignal, at(2_400));
      });
      expectOnTime(seconds, 2_400);
    });

    it('holds it beyond its time, and runs what became due at the end of the pause', async () => {
      const seconds = await secondsUntilSent(async (handle) => {
        await env.pass('1 minute');
        await signalAndWait(handle, pauseJobSignal, {});
        await env.pass('20 minutes');
        await signalAndWait(handle, resumeJobSignal);
      });
      expectOnTime(seconds, 21 * 60);
    });

    it('holds it back for a while, and keeps its time', async () => {
      const seconds = await secondsUntilSent(async (handle) => {
        await signalAndWait(handle, pauseJobSignal, {});
        await env.pass('1 minute');
        await signalAndWait(handle, resumeJobSignal);
      });
      expectOnTime(seconds, 300);
    });

    const startPaused = (pause: { startAt?: string }) =>
      env.client.workflow.signalWithStart<Signatures['deleteExpired'], [typeof pause]>('deleteExpired', {
        workflowId: `delete-expired:${newId()}`,
        taskQueue: taskQueues.jobs,
        args: [{}],
        signal: pauseJobSignal.name,
        signalArgs: [pause],
      });

    it('moves the start of a job that has not begun, and holds it back', async () => {
      let begunAt = 0;
      const deleteExpiredRows = async () => {
        begunAt = await env.now();
        return nothingDeleted;
      };
      await env.withWorkers(
        { deleteExpiredRows },
        async () => {
          const startedAt = await env.now();
          const at = (later: number) => new Date(startedAt + later * 1_000).toISOString();
          const handle = await startPaused({ startAt: at(600) });
          await env.pass('5 minutes');
          await signalAndWait(handle, resumeJobSignal);
          await env.pass('1 minute');
          expect(begunAt).toBe(0);
          await signalAndWait(handle, rescheduleJobSignal, { at: at(1_200) });
          await handle.result();
          expectOnTime((begunAt - startedAt) / 1_000, 1_200);
        },
        options,
      );
    });

    it('holds a job back that would begin at once', async () => {
      let runs = 0;
      await env.withWorkers(
        { deleteExpiredRows: () => Promise.resolve({ ...nothingDeleted, emails: ++runs }) },
        async () => {
          const handle = await startPaused({});
          await env.pass('5 minutes');
          expect(runs).toBe(0);
          await signalAndWait(handle, resumeJobSignal);
          await handle.result();
        },
        options,
      );
      expect(runs).toBe(1);
    });

    it('lets a customer keep the time that was left for another card', async () => {
      const orderId = newId();
      let closedAt = 0;
      const setOrderStatus = async ({ status }: { status: string }) => {
        if (status === 'cancelled') closedAt = await env.now();
      };
      await env.withWorkers(
        {
          chargeOrder: () => Promise.resolve({ outcome: 'declined', code: 'generic_decline', message: 'no' }),
          setOrderStatus,
          sendOrderEmail: () => Promise.resolve({ emailId: newId() }),
          returnPayment: () => Promise.resolve({ outcome: 'released' }),
        },
        async () => {
          const startedAt = await env.now();
          const handle = await env.client.workflow.start<Signatures['processOrder']>('processOrder', {
            workflowId: `process-order:${orderId}`,
            taskQueue: taskQueues.jobs,
            args: [{ orderId }],
          });
          await env.pass('23 hours');
          await signalAndWait(handle, pauseJobSignal, {});
          await env.pass('10 hours');
          await signalAndWait(handle, resumeJobSignal);
          expect(await handle.result()).toEqual({ outcome: 'cancelled', reason: 'payment_method_timeout' });
          expectOnTime((closedAt - startedAt) / 1_000, 34 * 3_600);
        },
        options,
      );
    });
  },
);
