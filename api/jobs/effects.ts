import { isJobType } from '../../contracts/catalogue.ts';
import type { JobType } from '../../contracts/signatures.ts';
import type { Db } from '../../platform/database/connect.ts';
import { formatMoney } from '../../platform/money.ts';
import { findBulkJob } from '../../platform/repositories/bulk-jobs.ts';
import { findOrder } from '../../platform/repositories/orders.ts';
import { formatName } from '../../platform/reports/format.ts';

/** Something that a job did to the world, as our rows have it. */
export interface Effect {
  at: Date;
  text: string;
}

/** What the keys of an order's emails end in; so many cards are shown as declined. */
const orderEmails = [
  'receipt',
  'payment-failed',
  'cancelled',
  'refunded',
  ...Array.from({ length: 20 }, (_, index) => `payment-declined:${index + 1}`),
];

/** What is known of the effects of a type's jobs, by their business key. A type that is not here leaves none in our rows. */
const effectsByType: Partial<Record<JobType, (db: Db, businessKey: string) => Promise<Effect[]>>> = {
  sendWelcomeEmail: (db, userId) => emails(db, [`welcome:${userId}`]),
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
        requests.map(({ id }) => `password-reset:${id}`),
      )),
      ...some(requests.find(({ used_at: usedAt }) => usedAt)?.used_at, 'The password was reset'),
    ];
  },
  processOrder: async (db, orderId) => [
    ...(await money(db, orderId)),
    ...(await emails(
      db,
      orderEmails.map((kind) => `order:${orderId}:${kind}`),
    )),
  ],
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

async function money(db: Db, orderId: string): Promise<Effect[]> {
  if (!UUID.test(orderId)) return [];
  const order = await findOrder(db, orderId);
  if (!order) return [];
  const taken = formatMoney(order.amount_minor, order.currency);
  return [
    ...some(order.paid_at, `The customer was charged ${taken}`),
    ...some(
      order.refunded_at,
      `The customer was refunded ${formatMoney(order.refunded_minor, order.currency)}`,
    ),
  ];
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
