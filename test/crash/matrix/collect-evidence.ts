import { sql } from 'kysely';
import type { Accepted } from './accepted.ts';
import type { Evidence } from './evidence.ts';
import type { FeltFault } from './faults/run-faults.ts';
import { findLeavers } from './find-leavers.ts';
import { INITIAL_STOCK, stockSkus } from './load/work-item.ts';
import type { MatrixStack } from './stack.ts';
import { readJson } from './read-json.ts';

/** Jobs that are read at a time. */
const READERS = 4;

/** A round that has done its work: what was accepted since its beginning, and what disturbed it. */
export interface Round {
  accepted: Accepted;
  since: Date;
  faults: readonly FeltFault[];
}

/** Collects what a round has left. */
export async function collectEvidence(
  stack: MatrixStack,
  { accepted, since, faults }: Round,
): Promise<Evidence> {
  const { db, inbox, sandboxUrl } = stack;
  const { charges, refunds } = await readJson<{
    charges: { id: string; amountMinor: number; refundedMinor: number; metadata: { orderId?: string } }[];
    refunds: { charge: string; amountMinor: number }[];
  }>(`${sandboxUrl}/_control/ledger`);
  const orderOf = new Map(charges.map(({ id, metadata }) => [id, metadata.orderId ?? '']));
  const [users, orders, emails, workItems, stock, ledger, bulkJobs, bulkItems] = await Promise.all([
    db.selectFrom('users').select('id').where('createdAt', '>=', since).execute(),
    db.selectFrom('orders').select(['id', 'status']).where('createdAt', '>=', since).execute(),
    db.selectFrom('emails').select(['key', 'recipient', 'messageId', 'status', 'createdAt']).execute(),
    db.selectFrom('workItems').select(['id', 'status', 'leaseToken']).execute(),
    db.selectFrom('stockLevels').selectAll().where('sku', 'in', stockSkus).execute(),
    db.selectFrom('stockLedger').select(['workItemId', 'sku', 'delta']).execute(),
    db
      .selectFrom('bulkJobs')
      .select(['id', 'status', 'total', 'done', 'failed'])
      .where('createdAt', '>=', since)
      .execute(),
    db
      .selectFrom('bulkItems')
      .innerJoin('bulkJobs', 'bulkJobs.id', 'bulkItems.bulkJobId')
      .select(['bulkJobId', 'bulkItems.status', 'attempts', (eb) => eb.fn.countAll<number>().as('count')])
      .where('createdAt', '>=', since)
      .groupBy(['bulkJobId', 'bulkItems.status', 'attempts'])
      .execute(),
  ]);
  return {
    accepted,
    faults,
    charges: charges.map(({ id, amountMinor, refundedMinor }) => ({
      orderId: orderOf.get(id) ?? '',
      amountMinor,
      refundedMinor,
    })),
    refunds: refunds.map(({ charge, amountMinor }) => ({ orderId: orderOf.get(charge) ?? '', amountMinor })),
    mails: (await inbox.read())
      .map((mail) => ({ ...mail, at: new Date(mail.at) }))
      .filter(({ at }) => at >= since),
    userIds: users.map(({ id }) => id),
    orders,
    emails: emails.map((email) => ({ ...email, isNew: email.createdAt >= since })),
    workItems: workItems.map(({ leaseToken, ...item }) => ({ ...item, isLeased: leaseToken !== null })),
    stock: stock.map((level) => ({ ...level, initial: INITIAL_STOCK })),
    ledger,
    bulkJobs,
    bulkItems,
    leavers: await findLeavers(stack, accepted.erasures),
    repeatedProducts: await repeatedProducts(stack),
    unmadeStarts: await unmadeStarts(stack),
    messages: await countMessages(stack),
    jobs: await readJobs(stack, since, accepted),
    runs: await readRuns(stack, since),
    unready: await failedChecks(stack),
    services: (await readJson<{ items: { id: string; state: string }[] }>(`${stack.directUrl}/api/services`))
      .items,
  };
}

async function repeatedProducts({ db }: MatrixStack): Promise<string[]> {
  const { rows } = await sql<{ sku: string }>`
    SELECT sku FROM product_writes GROUP BY sku HAVING count(*) > 1 ORDER BY sku`.execute(db);
  return rows.map(({ sku }) => sku);
}

/** Starts that are due and still to be made, and those that were given up. */
export async function unmadeStarts({ db }: MatrixStack): Promise<Evidence['unmadeStarts']> {
  const rows = await db
    .selectFrom('outbox')
    .select(['id', 'jobId', 'outcome'])
    .where('isHeld', '=', false)
    .where((eb) =>
      eb.or([
        eb('outcome', '=', 'dead'),
        eb.and([
          eb('outcome', 'is', null),
          eb.or([eb('startAt', 'is', null), eb('startAt', '<=', sql<Date>`now()`)]),
        ]),
      ]),
    )
    .execute();
  return rows.map(({ id, jobId, outcome }) => ({
    jobId: jobId ?? `start ${id}`,
    state: outcome === 'dead' ? 'dead' : 'open',
  }));
}

/** Messages that have not arrived yet. Those at a RabbitMQ are not counted: their orders have no job yet. */
export async function countMessages({ db }: MatrixStack): Promise<Evidence['messages']> {
  const { rows } = await sql<Evidence['messages']>`
    SELECT (SELECT count(*)::integer FROM outgoing_messages WHERE published_at IS NULL) AS unpublished,
      (SELECT count(*)::integer FROM queued_messages WHERE status IN ('ready', 'leased')) AS undelivered,
      (SELECT count(*)::integer FROM dead_letters WHERE status = 'open') AS "deadLetters"`.execute(db);
  return rows[0] ?? { unpublished: 0, undelivered: 0, deadLetters: 0 };
}

/** A job whose start was accepted, as the API presents it. */
export type FoundJob = Evidence['jobs'][number];

/** Reads every job that was accepted since a time, with the reason why it is in its state. */
export async function readJobs(stack: MatrixStack, since: Date, accepted: Accepted): Promise<FoundJob[]> {
  const rows = await stack.db
    .selectFrom('outbox')
    .select('jobId')
    .distinct()
    .where('createdAt', '>=', since)
    .where((eb) => eb.or([eb('outcome', 'is', null), eb('outcome', '!=', 'withdrawn')]))
    .execute();
  const ids = new Set([
    ...rows.flatMap(({ jobId }) => jobId ?? []),
    ...accepted.triggers.map(({ jobId }) => jobId),
  ]);
  const left = [...ids];
  const found: FoundJob[] = [];
  const read = async (): Promise<void> => {
    for (let id = left.pop(); id !== undefined; id = left.pop()) found.push(await readJob(stack, id));
  };
  await Promise.all(Array.from({ length: READERS }, read));
  return found;
}

async function readJob({ directUrl }: MatrixStack, id: string): Promise<FoundJob> {
  const url = `${directUrl}/api/jobs/${id}`;
  const { status } = await readJson<{ status: string }>(url);
  if (status === 'completed') return { id, status, why: status, sentence: '' };
  const { code, sentence } = await readJson<{ code: string; sentence: string }>(`${url}/why`);
  return { id, status, why: code, sentence };
}

async function readRuns({ client }: MatrixStack, since: Date): Promise<Evidence['runs']> {
  const runs: Evidence['runs'] = [];
  const query = `StartTime >= '${since.toISOString()}'`;
  for await (const run of client.workflow.list({ query })) {
    runs.push({ jobId: run.workflowId, type: run.type, status: run.status.name });
  }
  return runs;
}

/** The checks of the API's readiness that fail. */
async function failedChecks({ directUrl }: MatrixStack): Promise<string[]> {
  const response = await fetch(`${directUrl}/readyz`);
  const { checks } = (await response.json()) as { checks: Record<string, { ok: boolean; reason?: string }> };
  return Object.entries(checks)
    .filter(([, { ok }]) => !ok)
    .map(([name, { reason }]) => `${name} (${reason ?? 'unknown'})`);
}
