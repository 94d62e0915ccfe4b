import { setTimeout as delay } from 'node:timers/promises';
import type { LoadKind, LoadStep } from '../plan.ts';
import { sendBulkJob } from './bulk-job.ts';
import { sendCancelledOrder } from './cancelled-order.ts';
import type { LoadContext, SendLoad } from './context.ts';
import { sendEmail } from './email.ts';
import { sendErasure } from './erasure.ts';
import { sendMessage } from './message.ts';
import { sendDeclinedOrder, sendNewCardOrder, sendPaidOrder, sendRefundedOrder } from './orders.ts';
import { sendPasswordReset } from './password-reset.ts';
import { sendRegistration } from './registration.ts';
import { sendTrigger } from './trigger.ts';
import { sendWorkItem } from './work-item.ts';

const senders: Record<LoadKind, SendLoad> = {
  registration: sendRegistration,
  passwordReset: sendPasswordReset,
  paidOrder: sendPaidOrder,
  declinedOrder: sendDeclinedOrder,
  newCardOrder: sendNewCardOrder,
  cancelledOrder: sendCancelledOrder,
  refundedOrder: sendRefundedOrder,
  message: sendMessage,
  workItem: sendWorkItem,
  email: sendEmail,
  bulkJob: sendBulkJob,
  trigger: sendTrigger,
  erasure: sendErasure,
};

/** Sends the requests of a plan, each at its time, and resolves when all are accepted. */
export async function runLoad(context: LoadContext, steps: readonly LoadStep[]): Promise<void> {
  const start = performance.now();
  const underWay: Promise<void>[] = [];
  for (const { kind, atMs, variant } of steps) {
    await delay(Math.max(0, start + atMs - performance.now()));
    underWay.push(senders[kind](context, variant));
  }
  await Promise.all(underWay);
}
