import { WorkflowFailedError, WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { describe, expect, inject, it } from 'vitest';
import type { OrderEmail } from '../../activities/emails.ts';
import { failureTypes, type FailureType } from '../../contracts/errors.ts';
import type { ReturnPaymentInput } from '../../contracts/jobs/return-payment.ts';
import { cancelOrderUpdate, changePaymentMethodUpdate } from '../../contracts/messages.ts';
import { taskQueues } from '../../contracts/names.ts';
import type { Signatures } from '../../contracts/signatures.ts';
import { gate } from '../support/gate.ts';
import {
  cacheModes,
  expectOnTime,
  newId,
  useWorkflowEnv,
  type ActivityMocks,
} from '../support/workflow-env.ts';

type OrderHandle = WorkflowHandle<Signatures['processOrder']>;

const server = inject('timeSkippingServer');

const unavailable = () =>
  ApplicationFailure.retryable('the provider answered 503', failureTypes.paymentProviderUnavailable);

/** The failure with which a worker reports that attempt `attempt` met an outage of our own database. */
const outage = (attempt = 1) =>
  ApplicationFailure.create({
    message: 'no database',
    type: failureTypes.databaseUnavailable,
    details: [{ attempt }],
  });

describe.skipIf(server.path === undefined).each(cacheModes)(
  `processOrder, $mode ${server.howToGet ?? ''}`,
  ({ options }) => {
    const env = useWorkflowEnv();

    /** The calls of the activities, and stand-ins for them that all succeed. */
    const recorder = (overrides: ActivityMocks = {}) => {
      const charges: { revision: number; at: number }[] = [];
      const statuses: string[] = [];
      const emails: OrderEmail[] = [];
      const returns: ReturnPaymentInput[] = [];
      const activities: ActivityMocks = {
        chargeOrder: () => Promise.resolve({ outcome: 'succeeded' }),
        fulfilOrder: () => Promise.resolve(),
        beginRefund: () => Promise.resolve({ outcome: 'refunding' }),
        ...overrides,
        setOrderStatus: ({ status }) => {
          statuses.push(status);
          return Promise.resolve();
        },
        returnPayment: (input) => {
          returns.push(input);
          return Promise.resolve({ outcome: 'released' });
        },
        sendOrderEmail: (email) => {
          emails.push(email);
          return overrides.sendOrderEmail?.(email) ?? Promise.resolve({ emailId: newId() });
        },
      };
      const charge = activities.chargeOrder;
      activities.chargeOrder = async (input) => {
        charges.push({ revision: input.revision, at: await env.now() });
        return charge?.(input) ?? { outcome: 'succeeded' };
      };
      return {
        charges,
        statuses,
        emails,
        returns,
        activities,
        kinds: () => emails.map((email) => email.kind),
      };
    };

    const start = (orderId = newId()) =>
      env.client.workflow.start<Signatures['processOrder']>('processOrder', {
        workflowId: `process-order:${orderId}`,
        taskQueue: taskQueues.jobs,
        args: [{ orderId }],
      });

    /** Waits for the job that returns the money of a closed order. */
    const returned = (handle: OrderHandle): Promise<unknown> =>
      env.client.workflow
        .getHandle(handle.workflowId.replace('process-order:', 'return-payment:'))
        .result() as Promise<unknown>;

    /** Runs a test with a new order, and waits for the end of everything that it started. */
    const run = <T>(activities: ActivityMocks, test: (handle: OrderHandle) => Promise<T>): Promise<T> =>
      env.withWorkers(
        activities,
        async () => {
          const handle = await start();
          const result = await test(handle);
          await handle.result().catch(() => undefined);
          await returned(handle).catch(() => undefined);
          return result;
        },
        options,
      );

    it('takes the payment, completes the order and sends the receipt', async () => {
      const { activities, charges, kinds, returns } = recorder();
      const result = await run(activities, (handle) => handle.result());
      expect(result).toEqual({ outcome: 'completed', receipt: 'sent' });
      expect(charges).toHaveLength(1);
      expect(kinds()).toEqual(['receipt']);
      expect(returns).toEqual([]);
    });

    it('has the payment returned again if an open return may have already read it', async () => {
      const orderId = newId();
      const queued: ReturnPaymentInput[] = [];
      const { activities, kinds } = recorder({
        chargeOrder: async () => {
          await env.client.workflow.start<Signatures['returnPayment']>('returnPayment', {
            workflowId: `return-payment:${orderId}`,
            taskQueue: taskQueues.jobs,
            args: [{ orderId, reason: 'payment_failed' }],
            startDelay: '1 hour',
          });
          throw ApplicationFailure.nonRetryable('refused', failureTypes.paymentRejected);
        },
        queueReturnPayment: (input) => {
          queued.push(input);
          return Promise.resolve();
        },
      });
      await env.withWorkers(
        activities,
        async () => {
          const handle = await start(orderId);
          await expect(handle.result()).rejects.toThrow(WorkflowFailedError);
          await returned(handle);
        },
        options,
      );
      expect(queued).toEqual([{ orderId, reason: 'payment_failed' }]);
      expect(kinds()).toEqual(['payment-failed']);
    });

    it('retries after 60, 300 and 900 s, to the second', async () => {
      const { activities, charges } = recorder({
        chargeOrder: () =>
          charges.length < 4 ? Promise.reject(unavailable()) : Promise.resolve({ outcome: 'succeeded' }),
      });
      const result = await run(activities, (handle) => handle.result());
      expect(result).toMatchObject({ outcome: 'completed' });
      expectOnTime(waits(charges), [60, 300, 900]);
    });

    it('fails with the last error after the fourth attempt, informs the customer and returns the payment', async () => {
      const { activities, charges, statuses, kinds, returns } = recorder({
        chargeOrder: () => Promise.reject(unavailable()),
      });
      const error: unknown = await run(activities, async (handle) => {
        const reason: unknown = await handle.result().catch((caught: unknown) => caught);
        return reason;
      });
      expect(charges).toHaveLength(4);
      expectOnTime(waits(charges), [60, 300, 900]);
      expect(error).toBeInstanceOf(WorkflowFailedError);
      expect((error as WorkflowFailedError).cause).toMatchObject({
        type: failureTypes.paymentFailed,
        message: 'the provider answered 503',
      });
      expect(statuses).toEqual(['payment_failed']);
      expect(kinds()).toEqual(['payment-failed']);
      expect(returns.map(({ reason }) => reason)).toEqual(['payment_failed']);
    });

    it('does not retry a request that the provider will never accept', async () => {
      const { activities, charges, statuses } = recorder({
        chargeOrder: () =>
          Promise.reject(ApplicationFailure.nonRetryable('no such card', failureTypes.paymentRejected)),
      });
      await run(activities, (handle) => expect(handle.result()).rejects.toThrow());
      expect(charges).toHaveLength(1);
      expect(statuses).toEqual(['payment_failed']);
    });

    describe('after a declined card', () => {
      const declineFirst: ActivityMocks['chargeOrder'] = ({ revision }) =>
        Promise.resolve(
          revision === 1
            ? {
                outcome: 'declined',
                code: 'insufficient_funds',
                message: 'Your card has insufficient funds.',
              }
            : { outcome: 'succeeded' },
        );

      it('waits without retrying, and charges the new card at once', async () => {
        const { activities, charges, kinds } = recorder({ chargeOrder: declineFirst });
        let changedAt = 0;
        const result = await run(activities, async (handle) => {
          await env.pass('23 hours');
          changedAt = await env.now();
          await handle.executeUpdate(changePaymentMethodUpdate, { args: [{ revision: 2 }] });
          return handle.result();
        });
        expect(result).toMatchObject({ outcome: 'completed' });
        expect(charges.map((charge) => charge.revision)).toEqual([1, 2]);
        expectOnTime(((charges[1]?.at ?? 0) - changedAt) / 1000, 0);
        expect(kinds()).toEqual(['payment-declined', 'receipt']);
      });

      it('cancels the order after 24 hours', async () => {
        const { activities, statuses, kinds, returns } = recorder({ chargeOrder: declineFirst });
        const { result, description } = await run(activities, async (handle) => ({
          result: await handle.result(),
          // The server's clock is not usable here: if nothing is left to wait for, it skips years.
          description: await handle.describe(),
        }));
        expect(result).toEqual({ outcome: 'cancelled', reason: 'payment_method_timeout' });
        const seconds = ((description.closeTime?.getTime() ?? 0) - description.startTime.getTime()) / 1000;
        expectOnTime(seconds, 24 * 3600);
        expect(statuses).toEqual(['awaiting_payment_method', 'cancelled']);
        expect(kinds()).toEqual(['payment-declined', 'cancelled']);
        expect(returns).toHaveLength(1);
      });

      it('can be cancelled', async () => {
        const { activities, statuses } = recorder({ chargeOrder: declineFirst });
        const result = await run(activities, async (handle) => {
          await env.pass('1 hour');
          expect(await handle.executeUpdate(cancelOrderUpdate)).toEqual({ status: 'cancelled' });
          expect(statuses.at(-1)).toBe('cancelled');
          return handle.result();
        });
        expect(result).toEqual({ outcome: 'cancelled', reason: 'requested' });
      });

      it('accepts a new card although the mail server is unavailable', async () => {
        const { activities } = recorder({
          chargeOrder: declineFirst,
          sendOrderEmail: (email) =>
            email.kind === 'payment-declined'
              ? Promise.reject(ApplicationFailure.retryable('away', failureTypes.mailUnavailable))
              : Promise.resolve({ emailId: newId() }),
        });
        const result = await run(activities, async (handle) => {
          await env.pass('1 hour');
          await handle.executeUpdate(changePaymentMethodUpdate, { args: [{ revision: 2 }] });
          return handle.result();
        });
        expect(result).toEqual({ outcome: 'completed', receipt: 'sent' });
      });
    });

    it('refuses another payment method while it does not wait for one', async () => {
      const { activities } = recorder({ chargeOrder: () => Promise.reject(unavailable()) });
      await run(activities, async (handle) => {
        await env.pass('30 seconds');
        await expectRefused(
          handle.executeUpdate(changePaymentMethodUpdate, { args: [{ revision: 2 }] }),
          failureTypes.orderNotAwaitingPaymentMethod,
        );
        await handle.executeUpdate(cancelOrderUpdate);
      });
    });

    it('can be cancelled between two attempts, which ends the attempts', async () => {
      const { activities, charges, statuses, kinds, returns } = recorder({
        chargeOrder: () => Promise.reject(unavailable()),
      });
      const result = await run(activities, async (handle) => {
        await env.pass('2 minutes');
        await handle.executeUpdate(cancelOrderUpdate);
        return handle.result();
      });
      expect(result).toEqual({ outcome: 'cancelled', reason: 'requested' });
      expect(charges).toHaveLength(2);
      expect(statuses).toEqual(['cancelled']);
      expect(kinds()).toEqual(['cancelled']);
      expect(returns.map(({ reason }) => reason)).toEqual(['order_cancelled']);
    });

    it('lets a charge that is on its way decide a cancellation: taken money stays taken', async () => {
      const charging = gate();
      const answer = gate();
      const { activities, returns } = recorder({
        chargeOrder: async () => {
          charging.open();
          await answer.opened;
          return { outcome: 'succeeded' };
        },
      });
      const result = await run(activities, async (handle) => {
        await charging.opened;
        // Accepted first: a card that arrives after the job has ended is a different case.
        const cancelling = await handle.startUpdate(cancelOrderUpdate, { waitForStage: 'ACCEPTED' });
        answer.open();
        await expectRefused(cancelling.result(), failureTypes.orderAlreadyPaid);
        return handle.result();
      });
      expect(result).toMatchObject({ outcome: 'completed' });
      expect(returns).toEqual([]);
    });

    it('refuses a cancellation once the money is taken', async () => {
      const fulfilling = gate();
      const go = gate();
      const { activities } = recorder({
        fulfilOrder: async () => {
          fulfilling.open();
          await go.opened;
        },
      });
      await run(activities, async (handle) => {
        await fulfilling.opened;
        await expectRefused(handle.executeUpdate(cancelOrderUpdate), failureTypes.orderAlreadyPaid);
        go.open();
        await handle.result();
      });
    });

    it('ends as cancelled if the job itself is cancelled before the payment', async () => {
      const { activities, statuses, returns } = recorder({
        chargeOrder: () => Promise.reject(unavailable()),
      });
      const error: unknown = await run(activities, async (handle) => {
        await env.pass('30 seconds');
        await handle.cancel();
        const reason: unknown = await handle.result().catch((caught: unknown) => caught);
        return reason;
      });
      expect((error as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure);
      expect(statuses).toEqual(['cancelled']);
      expect(returns).toHaveLength(1);
    });

    it('returns the payment if the stock is gone', async () => {
      const { activities, returns, statuses, emails } = recorder({
        fulfilOrder: () =>
          Promise.reject(
            ApplicationFailure.nonRetryable('tea: 2 wanted, 1 in stock', failureTypes.outOfStock),
          ),
      });
      const result = await run(activities, (handle) => handle.result());
      expect(result).toEqual({ outcome: 'refunded', reason: 'tea: 2 wanted, 1 in stock' });
      expect(returns.map(({ reason }) => reason)).toEqual(['order_not_fulfilled']);
      expect(statuses).toEqual(['refunded']);
      expect(emails).toMatchObject([{ kind: 'refunded', reason: 'tea: 2 wanted, 1 in stock' }]);
    });

    it('returns the payment if the step after it has failed for an hour', async () => {
      const { activities, returns } = recorder({
        fulfilOrder: () => Promise.reject(new Error('no database')),
      });
      const result = await run(activities, (handle) => handle.result());
      expect(result).toMatchObject({ outcome: 'refunded' });
      expect(returns).toHaveLength(1);
    });

    it('keeps an order that an attempt presumed dead completed after all', async () => {
      const { activities, returns, kinds } = recorder({
        fulfilOrder: () =>
          Promise.reject(ApplicationFailure.nonRetryable('the stock is gone', failureTypes.outOfStock)),
        beginRefund: () => Promise.resolve({ outcome: 'completed' }),
      });
      const result = await run(activities, (handle) => handle.result());
      expect(result).toEqual({ outcome: 'completed', receipt: 'sent' });
      expect(returns).toEqual([]);
      expect(kinds()).toEqual(['receipt']);
    });

    it('does not count an hour without any worker as an hour of failing', async () => {
      let tries = 0;
      const { activities } = recorder({
        // The end of the attempt is not reported, as if the machine failed together with its worker.
        fulfilOrder: async () => {
          if (++tries > 1) return;
          await env.pass('3 hours');
          throw new Error('too late: the server has given this attempt up');
        },
      });
      expect(await run(activities, (handle) => handle.result())).toMatchObject({ outcome: 'completed' });
      // The clock's jump may end a second attempt, too.
      expect(tries).toBeGreaterThan(1);
    });

    it('waits for our own database without using up the attempts that are for the provider', async () => {
      let waits = 0;
      const { activities, charges } = recorder({
        chargeOrder: () =>
          charges.length <= 6
            ? Promise.reject(ApplicationFailure.retryable('no database', failureTypes.databaseUnavailable))
            : Promise.resolve({ outcome: 'succeeded' }),
        awaitDatabase: () =>
          ++waits % 3 === 0 ? Promise.resolve() : Promise.reject(new Error('no database')),
      });
      const result = await run(activities, (handle) => handle.result());
      expect(result).toMatchObject({ outcome: 'completed' });
      expect(charges).toHaveLength(7);
      expect(waits).toBe(18);
    });

    it('keeps the money of a paid order through an outage of our database, however long it lasts', async () => {
      const waited: unknown[] = [];
      const { activities, returns, statuses } = recorder({
        fulfilOrder: () => (waited.length < 3 ? Promise.reject(outage()) : Promise.resolve()),
        awaitDatabase: (input) => {
          waited.push(input);
          return Promise.resolve();
        },
      });
      const result = await run(activities, (handle) => handle.result());
      expect(result).toEqual({ outcome: 'completed', receipt: 'sent' });
      // Each began again, with all attempts of the step; the wait after each further failure of the database is longer.
      expect(waited).toEqual([{ outages: 1 }, { outages: 2 }, { outages: 3 }]);
      expect([returns, statuses]).toEqual([[], []]);
    });

    it('continues after an outage with the attempts and the waits that are left', async () => {
      const { activities, charges } = recorder({
        chargeOrder: () =>
          // The third attempt meets the outage, after two failures of the provider.
          Promise.reject(charges.length === 3 ? outage(3) : unavailable()),
        awaitDatabase: () => Promise.resolve(),
      });
      await run(activities, (handle) => expect(handle.result()).rejects.toThrow());
      expectOnTime(waits(charges), [60, 300, 0, 900]);
    });

    it.each([failureTypes.payloadRefused, failureTypes.payloadKeyMissing])(
      'schedules a step again whose input a worker could not read, and uses up no attempt for that: %s',
      async (type) => {
        const { activities, charges, returns } = recorder({
          chargeOrder: () =>
            charges.length <= 5
              ? Promise.reject(ApplicationFailure.retryable('a payload is refused', type))
              : Promise.resolve({ outcome: 'succeeded' }),
        });
        const result = await run(activities, (handle) => handle.result());
        expect(result).toMatchObject({ outcome: 'completed' });
        expectOnTime(waits(charges), [60, 120, 240, 480, 960]);
        expect(returns).toEqual([]);
      },
    );

    it('waits for its turn if the provider takes no more calls, and uses up no attempt for that', async () => {
      const busy = (attempt: number) =>
        ApplicationFailure.create({
          message: 'the provider answered 429',
          type: failureTypes.paymentRateLimited,
          details: [{ attempt, retryAfterMs: 20_000 }],
        });
      const { activities, charges } = recorder({
        chargeOrder: () => {
          if (charges.length <= 2) return Promise.reject(busy(1));
          if (charges.length === 4) return Promise.reject(busy(2));
          return Promise.reject(unavailable());
        },
      });
      await run(activities, (handle) => expect(handle.result()).rejects.toThrow());
      // Three waits for a turn, and four attempts with the policy's waits between them.
      expectOnTime(waits(charges), [20, 20, 60, 20, 300, 900]);
    });

    it('does not give up an email because of a database outage longer than its time limit', async () => {
      let looks = 0;
      const { activities } = recorder({
        // The database is unavailable until it is tried for the third time, after four days.
        sendOrderEmail: () => (looks > 2 ? Promise.resolve({ emailId: newId() }) : Promise.reject(outage())),
        awaitDatabase: () =>
          ++looks > 2
            ? Promise.resolve()
            : Promise.reject(ApplicationFailure.create({ message: 'away', nextRetryDelay: '2 days' })),
      });
      expect(await run(activities, (handle) => handle.result())).toEqual({
        outcome: 'completed',
        receipt: 'sent',
      });
    });

    it('completes an order whose receipt cannot be sent', async () => {
      const { activities, returns } = recorder({
        sendOrderEmail: () =>
          Promise.reject(ApplicationFailure.nonRetryable('no such mailbox', failureTypes.mailRejected)),
      });
      const result = await run(activities, (handle) => handle.result());
      expect(result).toEqual({ outcome: 'completed', receipt: 'failed' });
      expect(returns).toEqual([]);
    });
  },
);

/** The seconds between charges. */
function waits(charges: readonly { at: number }[]): number[] {
  return charges.slice(1).map(({ at }, index) => (at - (charges[index]?.at ?? 0)) / 1000);
}

async function expectRefused(update: Promise<unknown>, type: FailureType): Promise<void> {
  const error: unknown = await update.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(WorkflowUpdateFailedError);
  expect((error as WorkflowUpdateFailedError).cause).toMatchObject({ type });
}
