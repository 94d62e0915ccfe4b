import { processOrder } from '../contracts/jobs/process-order.ts';
import { returnPayment } from '../contracts/jobs/return-payment.ts';
import { sendPasswordReset } from '../contracts/jobs/send-password-reset.ts';
import { sendWelcomeEmail } from '../contracts/jobs/send-welcome-email.ts';
import type { Db } from './database/schema.ts';
import {
  type Effect,
  effectAt,
  type JobEffectsByType,
  libraryJobEffects,
  type ReadEffects,
} from 'durable-jobs/jobs';
import { allOrderEmailKeys, passwordResetEmailKey, welcomeEmailKey } from './mail/email-keys.ts';
import { formatMoney } from './money.ts';
import { findOrder, type Order } from './orders/orders.ts';
import { listFormerRefunds } from './orders/order-payments.ts';
import { newestRevision } from './orders/payment-methods.ts';
import { formatName } from 'durable-jobs/values';

/** The effects of jobs as our rows record them, for their timelines. */
export const jobEffects: JobEffectsByType = new Map<string, ReadEffects>([
  ...libraryJobEffects,
  [sendWelcomeEmail.type, (db, userId) => emails(db, [welcomeEmailKey(userId)])],
  [sendPasswordReset.type, passwordReset],
  [
    processOrder.type,
    async (db, orderId) => [...(await money(db, orderId)), ...(await orderEmails(db, orderId))],
  ],
  [returnPayment.type, money],
]);

/** Returns rows of one kind for a timeline. */
const MOST_ROWS = 50;

async function passwordReset(db: Db, accountKey: string): Promise<Effect[]> {
  const requests = await db
    .selectFrom('passwordResets')
    .select(['id', 'usedAt'])
    .where('accountKey', '=', accountKey)
    .orderBy('requestedAt', 'desc')
    .limit(MOST_ROWS)
    .execute();
  return [
    ...(await emails(
      db,
      requests.map(({ id }) => passwordResetEmailKey(id)),
    )),
    ...effectAt(requests.find(({ usedAt }) => usedAt)?.usedAt, 'The password was reset'),
  ];
}

/** The money that was taken and returned for an order, in its current payment and in those before it was reopened. */
async function money(db: Db, orderId: string): Promise<Effect[]> {
  const order = await orderOf(db, orderId);
  if (!order) return [];
  const refunds = await listFormerRefunds(db, order.id);
  return [
    ...effectAt(order.paidAt, `The customer was charged ${formatMoney(order.amountMinor, order.currency)}`),
    ...[order, ...refunds].flatMap(({ refundedAt: at, refundedMinor: refunded }) =>
      effectAt(at, `The customer was refunded ${formatMoney(refunded, order.currency)}`),
    ),
  ];
}

async function orderEmails(db: Db, orderId: string): Promise<Effect[]> {
  const order = await orderOf(db, orderId);
  return order ? emails(db, allOrderEmailKeys(order, await newestRevision(db, order.id))) : [];
}

/** Returns the order of a business key; undefined if there is none, or the key cannot be the id of an order. */
async function orderOf(db: Db, orderId: string): Promise<Order | undefined> {
  return UUID.test(orderId) ? findOrder(db, orderId) : undefined;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Returns the sent emails with these keys, without their recipients. */
async function emails(db: Db, keys: readonly string[]): Promise<Effect[]> {
  if (keys.length === 0) return [];
  const rows = await db
    .selectFrom('emails')
    .select(['template', 'sentAt'])
    .where('sentAt', 'is not', null)
    .where('key', 'in', keys)
    .execute();
  return rows.flatMap((row) => effectAt(row.sentAt, `The email “${formatName(row.template)}” was sent`));
}
