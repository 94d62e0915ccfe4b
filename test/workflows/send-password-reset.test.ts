import { sendPasswordReset } from '../../contracts/jobs/send-password-reset.ts';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { describe, expect, inject, it } from 'vitest';
import { jobId } from '../../packages/durable-jobs/src/jobs/job-definition.ts';
import { failureTypes } from '../../contracts/errors.ts';
import type { SendPasswordResetInput } from '../../contracts/jobs/send-password-reset.ts';
import { requestPasswordResetSignal } from '../../contracts/messages.ts';
import { taskQueues } from '../../contracts/names.ts';
import type { Signatures } from '../../contracts/signatures.ts';
import { cacheModes, expectOnTime, newId, signalAndWait, useWorkflowEnv } from '../support/workflow-env.ts';

const server = inject('timeSkippingServer');
const FIVE_MINUTES = 5 * 60_000;

describe.skipIf(server.path === undefined).each(cacheModes)(
  `sendPasswordReset, $mode ${server.howToGet ?? ''}`,
  ({ options }) => {
    const env = useWorkflowEnv();

    const start = async (delayMs = FIVE_MINUTES, requestedAt?: Date) => {
      const input: SendPasswordResetInput = {
        accountKey: newId().replaceAll('-', ''),
        requestId: newId(),
        requestedAt: (requestedAt ?? new Date(await env.now())).toISOString(),
        delayMs,
      };
      const handle = await env.client.workflow.start<Signatures['sendPasswordReset']>('sendPasswordReset', {
        workflowId: jobId(sendPasswordReset, input),
        taskQueue: taskQueues.jobs,
        args: [input],
      });
      return { handle, input };
    };

    /** Records which requests' emails were sent, and when by the server's clock. */
    const recordSends = (outcome: 'sent' | 'skipped' = 'sent') => {
      const sends: { requestId: string; at: number }[] = [];
      const sendPasswordResetEmail = async ({ requestId }: { requestId: string }) => {
        sends.push({ requestId, at: await env.now() });
        return { outcome };
      };
      /** As if no request is open any more. */
      const settleCancelledReset = () => Promise.resolve({ open: false });
      return { sends, activities: { sendPasswordResetEmail, settleCancelledReset } };
    };

    it('sends the email five minutes after the request', async () => {
      const { sends, activities } = recordSends();
      const { input, result } = await env.withWorkers(
        activities,
        async () => {
          const { handle, input } = await start();
          return { input, result: await handle.result() };
        },
        options,
      );
      expect(result).toEqual({ outcome: 'sent' });
      expect(sends.map((send) => send.requestId)).toEqual([input.requestId]);
      expectOnTime(secondsAfter(input.requestedAt, sends[0]?.at), 300);
    });

    it('restarts the wait when it is asked again, and sends one email for the newest request', async () => {
      const { sends, activities } = recordSends();
      const second = newId();
      let askedAgainAt = '';
      await env.withWorkers(
        activities,
        async () => {
          const { handle } = await start();
          await env.pass('3 minutes');
          askedAgainAt = new Date(await env.now()).toISOString();
          await signalAndWait(handle, requestPasswordResetSignal, {
            requestId: second,
            requestedAt: askedAgainAt,
          });
          await handle.result();
        },
        options,
      );
      expect(sends.map((send) => send.requestId)).toEqual([second]);
      expectOnTime(secondsAfter(askedAgainAt, sends[0]?.at), 300);
    });

    it('does not restart the wait for a request that it knows: the relay may repeat a signal', async () => {
      const { sends, activities } = recordSends();
      const { input } = await env.withWorkers(
        activities,
        async () => {
          const started = await start();
          await env.pass('3 minutes');
          await signalAndWait(started.handle, requestPasswordResetSignal, {
            requestId: started.input.requestId,
            requestedAt: started.input.requestedAt,
          });
          await started.handle.result();
          return started;
        },
        options,
      );
      expectOnTime(secondsAfter(input.requestedAt, sends[0]?.at), 300);
    });

    it('counts from the request: a start that was delayed for longer than the wait sends at once', async () => {
      const { sends, activities } = recordSends();
      const startedAt = await env.withWorkers(
        activities,
        async () => {
          const now = await env.now();
          const { handle } = await start(FIVE_MINUTES, new Date(now - 10 * 60_000));
          await handle.result();
          return now;
        },
        options,
      );
      expectOnTime(secondsAfter(new Date(startedAt).toISOString(), sends[0]?.at), 0);
    });

    it('gives a request that arrives while an email is being sent its own wait and email', async () => {
      const second = newId();
      const sends: string[] = [];
      await env.withWorkers(
        {
          sendPasswordResetEmail: async ({ requestId }) => {
            sends.push(requestId);
            if (sends.length === 1) {
              await handle?.signal(requestPasswordResetSignal, {
                requestId: second,
                requestedAt: new Date(await env.now()).toISOString(),
              });
            }
            return { outcome: 'sent' };
          },
        },
        async () => {
          ({ handle } = await start());
          await handle.result();
        },
        options,
      );
      expect(sends).toHaveLength(2);
      expect(sends[1]).toBe(second);
    });
    let handle: Awaited<ReturnType<typeof start>>['handle'] | undefined;

    it('puts the email off by a quarter of an hour at most, however often it is asked', async () => {
      const { sends, activities } = recordSends();
      const { input, last } = await env.withWorkers(
        activities,
        async () => {
          const { handle, input } = await start();
          let last = '';
          // Every four minutes, each of which restarts a wait of five.
          for (let times = 0; times < 4; times++) {
            await env.pass('4 minutes');
            last = newId();
            const requestedAt = new Date(await env.now()).toISOString();
            await signalAndWait(handle, requestPasswordResetSignal, { requestId: last, requestedAt });
          }
          await handle.result();
          return { input, last };
        },
        options,
      );
      expect(sends.map((send) => send.requestId)).toEqual([last]);
      expectOnTime(secondsAfter(input.requestedAt, sends[0]?.at), (5 + 15) * 60);
    });

    it('sends the email of a newer request although an earlier one was refused permanently', async () => {
      const second = newId();
      const sends: string[] = [];
      const result = await env.withWorkers(
        {
          sendPasswordResetEmail: async ({ requestId }) => {
            sends.push(requestId);
            if (sends.length > 1) return { outcome: 'sent' };
            const requestedAt = new Date(await env.now()).toISOString();
            await handle?.signal(requestPasswordResetSignal, { requestId: second, requestedAt });
            throw ApplicationFailure.nonRetryable('no such mailbox', failureTypes.mailRejected);
          },
        },
        async () => {
          ({ handle } = await start());
          return handle.result();
        },
        options,
      );
      expect(result).toEqual({ outcome: 'sent' });
      expect(sends[1]).toBe(second);
    });

    it('fails if its only email is refused permanently', async () => {
      const sendPasswordResetEmail = () =>
        Promise.reject(ApplicationFailure.nonRetryable('no such mailbox', failureTypes.mailRejected));
      await env.withWorkers(
        { sendPasswordResetEmail },
        async () => {
          const { handle } = await start();
          await expect(handle.result()).rejects.toMatchObject({
            cause: { cause: { type: failureTypes.mailRejected } },
          });
        },
        options,
      );
    });

    it('sends nothing once it is cancelled', async () => {
      const { sends, activities } = recordSends();
      await env.withWorkers(
        activities,
        async () => {
          const { handle } = await start();
          await env.pass('1 minute');
          await handle.cancel();
          const error: unknown = await handle.result().catch((reason: unknown) => reason);
          expect(error).toBeInstanceOf(WorkflowFailedError);
          expect((error as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure);
        },
        options,
      );
      expect(sends).toEqual([]);
    });

    // A request after the cancellation is tested in test/integration/job-cancellation.test.ts: the time-skipping server
    // cannot continue a run as new after its cancellation was requested.

    it('says so if there was no recipient', async () => {
      const { activities } = recordSends('skipped');
      const result = await env.withWorkers(activities, async () => (await start()).handle.result(), options);
      expect(result).toEqual({ outcome: 'skipped' });
    });
  },
);

function secondsAfter(start: string, at: number | undefined): number {
  return ((at ?? Number.NaN) - Date.parse(start)) / 1000;
}
