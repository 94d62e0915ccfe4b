import { isJobType } from '../contracts/catalogue.ts';
import type { JobType } from '../contracts/signatures.ts';
import type { Db } from '../packages/durable-jobs/src/database/connect.ts';
import { allOrderEmailKeys, passwordResetEmailKey, welcomeEmailKey } from './mail/email-keys.ts';
import { formatMoney } from './money.ts';
import { findBulkJob } from '../packages/durable-jobs/src/bulk/rows.ts';
import { findOrder, listFormerRefunds, newestRevision, type Order } from './orders/orders.ts';
import { formatName } from '../packages/durable-jobs/src/html/format.ts';

/** Something that a job did to the world, as our rows have it. */
export interface Effect {
  at: Date;
  text: string;
}

/** What is known of the effects of a type's jobs, by their business key. A type that is not here leaves none in our rows. */
const effectsByType: Partial<Record<JobType, (db: Db, businessKey: string) => Promise<Effect[]>>> = {
  sendWelcomeEmail: (db, userId) => emails(db, [welcomeEmailKey(userId)]),
  sendPasswordReset: async (db, accountKey) => {
    const requests = await db
      .selectFrom('password_resets')
      .select(['id', 'used_at'])
      .where('account_key', '=', accountKey)
      .orderBy('requested_at', 'desc')
      .limit(MOST_ROWS)
      .execute();
    return [
      ...(await emails(
        db,
        requests.map(({ id }) => passwordResetEmailKey(id)),
      )),
      ...some(requests.find(({ used_at: usedAt }) => usedAt)?.used_at, 'The password was reset'),
    ];
  },
  processOrder: async (db, orderId) => [...(await money(db, orderId)), ...(await orderEmails(db, orderId))],
  returnPayment: (db, orderId) => money(db, orderId),
  processBulk: async (db, bulkJobId) => {
    const job = await findBulkJob(db, bulkJobId);
    if (!job) return [];
    const counts = `${job.done} of ${job.total} items done, ${job.failed} failed`;
    return [
      ...some(job.started_at, 'The first items were begun'),
      ...some(job.ended_at, `The items were worked off: ${counts}`),
    ];
  },
};

/** Rows of one kind that a timeline shows. */
const MOST_ROWS = 50;

/** What a job did, oldest first. */
export async function readEffects(db: Db, type: string, businessKey: string): Promise<Effect[]> {
  const read = isJobType(type) ? effectsByType[type] : undefined;
  const effects = (await read?.(db, businessKey)) ?? [];
  return effects.toSorted((a, b) => a.at.getTime() - b.at.getTime());
}

/** What was taken and given back for an order, in its present payment and in those before it was reopened. */
async function money(db: Db, orderId: string): Promise<Effect[]> {
  const order = await orderOf(db, orderId);
  if (!order) return [];
  const refunds = await listFormerRefunds(db, order.id);
  return [
    ...some(order.paid_at, `The customer was charged ${formatMoney(order.amount_minor, order.currency)}`),
    ...[order, ...refunds].flatMap(({ refunded_at: at, refunded_minor: refunded }) =>
      some(at, `The customer was refunded ${formatMoney(refunded, order.currency)}`),
    ),
  ];
}

async function orderEmails(db: Db, orderId: string): Promise<Effect[]> {
  const order = await orderOf(db, orderId);
  return order ? emails(db, allOrderEmailKeys(order, await newestRevision(db, order.id))) : [];
}

/** The order of a business key; undefined where none has it, or it can be the id of none. */
async function orderOf(db: Db, orderId: string): Promise<Order | undefined> {
  return UUID.test(orderId) ? findOrder(db, orderId) : undefined;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The emails of these keys that were sent; never to whom. */
async function emails(db: Db, keys: readonly string[]): Promise<Effect[]> {
  if (keys.length === 0) return [];
  const rows = await db
    .selectFrom('emails')
    .select(['template', 'sent_at'])
    .where('sent_at', 'is not', null)
    .where('key', 'in', keys)
    .execute();
  return rows.flatMap((row) => some(row.sent_at, `The email “${formatName(row.template)}” was sent`));
}

function some(at: Date | null | undefined, text: string): Effect[] {
  return at ? [{ at, text }] : [];
}
