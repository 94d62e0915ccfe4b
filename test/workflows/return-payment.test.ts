import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, inject, it } from 'vitest';
import { failureTypes } from '../../contracts/errors.ts';
import { taskQueues } from '../../contracts/names.ts';
import type { Signatures } from '../../contracts/signatures.ts';
import { cacheModes, newId, useWorkflowEnv } from '../support/workflow-env.ts';

const server = inject('timeSkippingServer');

describe.skipIf(server.path === undefined).each(cacheModes)(
  `returnPayment, $mode ${server.howToGet ?? ''}`,
  ({ options }) => {
    const env = useWorkflowEnv();

    it('continues until the payment is returned, whether it is cancelled or not', async () => {
      let attempts = 0;
      const result = await env.withWorkers(
        {
          returnPayment: () =>
            ++attempts < 12
              ? Promise.reject(ApplicationFailure.retryable('away', failureTypes.paymentProviderUnavailable))
              : Promise.resolve({ outcome: 'refunded' }),
        },
        async () => {
          const orderId = newId();
          const handle = await env.client.workflow.start<Signatures['returnPayment']>('returnPayment', {
            workflowId: `return-payment:${orderId}`,
            taskQueue: taskQueues.jobs,
            args: [{ orderId, reason: 'order_cancelled' }],
          });
          await env.pass('5 minutes');
          await handle.cancel();
          return handle.result();
        },
        options,
      );
      expect(result).toEqual({ outcome: 'refunded' });
      expect(attempts).toBe(12);
    });
  },
);
