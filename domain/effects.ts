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

/** What jobs did to the world, as our rows have it, for their timelines. */
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

/** Rows of one kind that a timeline shows. */
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

/** What was taken and given back for an order, in its present payment and in those before it was reopened. */
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

/** The order of a business key; undefined if none has it, or it can be the id of none. */
async function orderOf(db: Db, orderId: string): Promise<Order | undefined> {
  return UUID.test(orderId) ? findOrder(db, orderId) : undefined;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The emails of these keys that were sent; never to whom. */
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
