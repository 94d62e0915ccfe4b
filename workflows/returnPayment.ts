import { CancellationScope, proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { OrderActivities } from '../activities/orders.ts';
import type { ReturnPaymentInput, ReturnPaymentResult } from '../contracts/jobs/return-payment.ts';
import { returnPaymentOptions } from './policies.ts';

const payments = proxyActivities<Pick<OrderActivities, 'returnPayment'>>(returnPaymentOptions);

/** Ensures that a closed order keeps no money, for as long as that takes. A cancellation does not stop it. */
export async function returnPayment(input: ReturnPaymentInput): Promise<ReturnPaymentResult> {
  setCurrentDetails('Releasing the payment, or refunding it if it was taken. Retried until it succeeds.');
  const result = await CancellationScope.nonCancellable(() => payments.returnPayment(input));
  setCurrentDetails(`The payment was ${result.outcome}.`);
  return result;
}
