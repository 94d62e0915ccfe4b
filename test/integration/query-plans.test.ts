import { jobRules } from '../../domain/job-rules.ts';
import { jobs } from '../../contracts/catalogue.ts';
import { randomUUID } from 'node:crypto';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { Kysely, PostgresDialect, sql, type CompiledQuery, type RawBuilder } from 'kysely';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adjustStock, workKinds } from '../../contracts/work-items.ts';
import { camelCaseNames } from '../../packages/durable-jobs/src/database/camel-case.ts';
import type { Db } from '../../domain/database/schema.ts';
import type { Database } from '../../domain/database/schema.ts';
import { listDeadStarts } from '../../packages/durable-jobs/src/jobs/dead-starts/rows.ts';
import { newestMadeStarts, findUndispatchedStart } from '../../packages/durable-jobs/src/jobs/outbox/find.ts';
import { DueStarts } from '../../packages/durable-jobs/src/jobs/outbox/due-starts.ts';
import {
  checkHeldStarts,
  dropExpiredHeldStarts,
} from '../../packages/durable-jobs/src/jobs/flow/held-starts.ts';
import { checkStarts } from '../../packages/durable-jobs/src/jobs/outbox/check-start.ts';
import type { StoredEntry } from '../../packages/durable-jobs/src/jobs/outbox/enqueue.ts';
import { keepRuns } from '../../packages/durable-jobs/src/jobs/flow/locate.ts';
import { REPORTED } from '../../packages/durable-jobs/src/jobs/limits/reported.ts';
import { admitStarts } from '../../packages/durable-jobs/src/jobs/limits/admit.ts';
import { countReplaced, startThatStands } from '../../packages/durable-jobs/src/jobs/debounce/merged.ts';
import { settleStarts } from '../../packages/durable-jobs/src/jobs/debounce/settle-starts.ts';
import { LimitTurns } from '../../packages/durable-jobs/src/jobs/limits/give-turns.ts';
import { keepNewest } from '../../packages/durable-jobs/src/jobs/limits/keep-newest.ts';
import { KeptStarts } from '../../packages/durable-jobs/src/jobs/limits/settle-kept.ts';
import { nextSlotCheck, releaseSlots } from '../../packages/durable-jobs/src/jobs/limits/release-slots.ts';
import { relayOnce } from '../../packages/durable-jobs/src/jobs/outbox/relay.ts';
import {
  claimItems,
  listFailedItems,
  listOpenBulkJobs,
  pendingRanges,
} from '../../packages/durable-jobs/src/bulk/rows.ts';
import {
  endAuditEntries,
  endAuditEntry,
  listAuditEntries,
} from '../../packages/durable-jobs/src/access/audit-entries.ts';
import { listDeadLetters } from '../../packages/durable-jobs/src/messages/dead-letters.ts';
import {
  isStillToSend,
  listEmails,
  nextDueEmail,
  takeDueEmails,
} from '../../packages/durable-jobs/src/emails/rows.ts';
import { anonymiseSubject, deleteTraces, listOrdersOf } from '../../domain/accounts/erasure.ts';
import {
  failingAmong,
  listFailingRuns,
  newestFailures,
  takeUnchecked,
} from '../../packages/durable-jobs/src/jobs/run-records/failing-activities.ts';
import { listFindings, settleFindings } from '../../domain/reconciliation/findings.ts';
import {
  listMovedStarts,
  movedAmong,
  newestMovedStart,
} from '../../packages/durable-jobs/src/jobs/run-records/moved-starts.ts';
import { findOrderDetails, listOrders, type Order } from '../../domain/orders/orders.ts';
import {
  findOrdersToCompare,
  findPaymentsOf,
  findPaymentsWithoutOrder,
  findUnseenIntents,
  readPaymentsWithoutOrder,
  readQuietOrders,
  unseenAmong,
} from '../../domain/reconciliation/provider-payments.ts';
import {
  beginReconciliation,
  completeReconciliation,
  type Reconciliation,
} from '../../domain/reconciliation/reconciliations.ts';
import { listWorkItems, summariseWork } from '../../packages/durable-jobs/src/work-queue/rows.ts';
import { readBacklogs } from '../../packages/durable-jobs/src/metrics/backlogs.ts';
import { archivePaymentAttempts, prunedRows } from '../../domain/upkeep/archive.ts';
import { expiredRows } from '../../domain/upkeep/expired-rows.ts';
import { nextRange, otherChecks, rangeChecks, walkedTables } from '../../domain/upkeep/invariants.ts';
import { DueItems } from '../../packages/durable-jobs/src/work-queue/due-items.ts';
import { createWorkQueue } from '../../packages/durable-jobs/src/work-queue/work-queue.ts';
import { createTestDatabase, openTestDatabase } from '../support/database.ts';

/** Rows in each of the large tables; more than a million in total. */
const ROWS = 125_000;
/** Rows in each of the medium tables: so few that PostgreSQL prefers a pass over all of them to a hundred searches of an index. */
const MEDIUM_ROWS = 10_000;
/** Items of a kind without a handler. */
const UNHANDLED = 20_000;
const BULK_JOB = randomUUID();
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A database whose tables have many rows. */
interface Tables {
  plain: Db;
  /** The same database; its queries are added to `captured`. */
  db: Db;
  drop: () => Promise<void>;
}

let tables: Tables;
let plain: Db;
let db: Db;
const captured: CompiledQuery[] = [];

const fillWith = (rows: number) => [
  sql`SET session_replication_role = replica`,
  sql`INSERT INTO users (email, name, password_hash, created_at)
    SELECT i || '@example.com', 'Ada', '', now() - i * interval '1 minute' FROM generate_series(1, ${rows}::int) AS i`,
  sql`INSERT INTO orders (user_id, currency, amount_minor, status, created_at, updated_at, payment_intent_id)
    SELECT id, 'eur', 100, 'completed', created_at, created_at, 'pi_' || id FROM users`,
  sql`INSERT INTO order_items (order_id, line, sku, quantity, unit_amount_minor)
    SELECT id, 1, 'tea', 1, 100 FROM orders`,
  sql`INSERT INTO stock_reservations (order_id, sku, quantity) SELECT id, 'tea', 1 FROM orders`,
  sql`INSERT INTO stock_levels (sku, available) SELECT id::text, 10 FROM orders`,
  sql`INSERT INTO payment_attempts (order_id, revision, attempt, started_at) SELECT id, 1, 1, created_at FROM orders`,
  sql`INSERT INTO archived_payment_attempts (order_id, revision, attempt, started_at, archived_at)
    SELECT id, 1, 2, created_at, created_at FROM orders`,
  sql`INSERT INTO reconciliations (id, job_id, status, window_start, started_at)
    SELECT gen_random_uuid(), 'sync-payments:1', 'completed', created_at - interval '3 days', created_at FROM orders`,
  sql`INSERT INTO provider_payments
      (intent_id, order_id, status, amount_minor, received_minor, currency, created_at, seen_at)
    SELECT payment_intent_id, id::text, 'succeeded', 100, 100, 'eur', created_at, created_at FROM orders`,
  sql`INSERT INTO provider_refunds (refund_id, intent_id, amount_minor, effective, created_at, seen_at)
    SELECT 're_' || id, payment_intent_id, 10, true, created_at, created_at FROM orders`,
  sql`INSERT INTO emails (key, user_id, recipient, message_id, template, status, sent_at, created_at, sender)
    SELECT 'welcome:' || id, id, email, id || '@x', 'welcome', 'sent', created_at, created_at, 'job' FROM users`,
  sql`INSERT INTO outbox (job_type, job_id, input, next_attempt_at, created_at, dispatched_at)
    SELECT 'sendWelcomeEmail', 'send-welcome-email:' || id, '{}', created_at, created_at, created_at FROM users`,
  sql`INSERT INTO limit_slots (limit_key, entry_id, job_id, run_id, next_check_at)
    SELECT 'concurrency:of-another-release:' || id, id, job_id, 'run' || id, now() + interval '1 day' FROM outbox`,
  sql`INSERT INTO awaited_jobs (held_entry_id, awaited_end, job_id, up_to_entry_id, run_id, ended_at, ended_as)
    SELECT id, 'ends', job_id, id, 'run' || id, now(), 'completed' FROM outbox`,
  sql`INSERT INTO job_groups (id) SELECT 'group' || i FROM generate_series(1, ${rows}::int / 10) AS i`,
  sql`INSERT INTO awaited_jobs (group_id, job_id, up_to_entry_id, run_id, ended_at, ended_as)
    SELECT 'group' || 1 + id % (${rows}::int / 10), job_id, id, 'run' || id, now(), 'completed' FROM outbox`,
  sql`INSERT INTO findings (source, kind, subject, details, first_run_id, last_run_id, first_seen_at, resolved_at)
    SELECT source, 'kind', 'user:' || id, '{}', gen_random_uuid(), gen_random_uuid(), created_at, created_at
    FROM users CROSS JOIN unnest(ARRAY['maintenance', 'payments']) AS source`,
  sql`INSERT INTO audit_entries (at, actor_id, actor_name, target, action, params, outcome)
    SELECT created_at, 'actor' || (random() * 1000)::int, 'name' || (random() * 1000)::int, '/api/orders/' || id,
      'POST /api/orders/:id/cancel', jsonb_build_object('id', id), 'done' FROM users`,
  sql`INSERT INTO dead_letters (queue, digest, body, reason_code, reason, status, first_seen_at, resolved_at)
    SELECT 'q', id::text, '{}', 'code', 'reason', 'discarded', created_at, created_at FROM users`,
  sql`INSERT INTO work_items (kind, payload, not_before, created_at, status, ended_at)
    SELECT ${adjustStock.kind}::text, '{}', created_at, created_at, 'completed', created_at FROM users`,
  // This kind has no handler, and all of its items are due.
  sql`INSERT INTO work_items (kind, payload, not_before, created_at)
    SELECT 'of-another-release', '{}', created_at, created_at FROM users LIMIT ${Math.min(rows, UNHANDLED)}`,
  sql`INSERT INTO failing_activities
      (run_id, activity_id, job_id, job_type, activity_type, attempt, failed_at, error_code, error_message, place)
    SELECT 'run' || i, '1', 'job' || i, 'processOrder', 'chargeOrder', 1, now(), 'code', 'message', i
    FROM generate_series(1, ${rows}::int) AS i`,
  sql`INSERT INTO moved_starts (run_id, job_id) SELECT 'run' || i, 'job' || i FROM generate_series(1, ${rows}::int) AS i`,
  sql`INSERT INTO bulk_jobs (id, task, total) VALUES (${BULK_JOB}, 'import-products', ${rows})`,
  sql`INSERT INTO bulk_jobs (task, status, total, done, created_at, started_at, ended_at)
    SELECT 'import-products', 'completed', 1, 1, created_at, created_at, created_at FROM users`,
  sql`INSERT INTO bulk_items (bulk_job_id, position, payload, status)
    SELECT ${BULK_JOB}::uuid, i, '{}', CASE i % 100 WHEN 0 THEN 'failed' WHEN 1 THEN 'pending' ELSE 'done' END
    FROM generate_series(1, ${rows}::int) AS i`,
  sql`SET session_replication_role = DEFAULT`,
  sql`ANALYZE`,
];

/** Returns a database whose queries are added to `captured`. */
function capturing(connectionString: string): Db {
  const options = '-c search_path=durable_jobs,public';
  return new Kysely<Database>({
    dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString, max: 2, options }) }),
    plugins: [camelCaseNames],
    log: (event) => {
      captured.push(event.query);
    },
  });
}

async function createTables(rows: number): Promise<Tables> {
  const { db: plain, url, close } = await openTestDatabase();
  const db = capturing(url);
  await plain.connection().execute(async (session) => {
    await sql`SET statement_timeout = 0`.execute(session);
    for (const statement of fillWith(rows)) await statement.execute(session);
  });
  const drop = async (): Promise<void> => {
    await db.destroy();
    await close();
  };
  return { plain, db, drop };
}

beforeAll(async () => {
  tables = await createTables(ROWS);
  ({ plain, db } = tables);
  // Millions of rows take minutes on a busy machine.
}, 600_000);
afterAll(() => tables.drop());

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  'Plan Rows': number;
  'Actual Rows'?: number;
  'Actual Loops'?: number;
  'Rows Removed by Filter'?: number;
  Plans?: Plan[];
}

/** Large tables that a plan reads completely. */
function scanned(plan: Plan, large: ReadonlySet<string>): string[] {
  const own = plan['Node Type'] === 'Seq Scan' && large.has(plan['Relation Name'] ?? '');
  return [
    ...(own ? [plan['Relation Name'] ?? ''] : []),
    ...(plan.Plans ?? []).flatMap((child) => scanned(child, large)),
  ];
}

const large: ReadonlySet<string> = new Set([
  'users',
  'orders',
  'emails',
  'outbox',
  'findings',
  'audit_entries',
  'limit_slots',
  'awaited_jobs',
  'dead_letters',
  'work_items',
  'failing_activities',
  'moved_starts',
  'bulk_items',
  'order_items',
  'stock_reservations',
  'stock_levels',
  'payment_attempts',
  'archived_payment_attempts',
  'reconciliations',
  'provider_payments',
  'provider_refunds',
]);

/** Returns the tables that the queries of `work` read completely, each with its query. */
async function tableScansOf(work: () => Promise<unknown>): Promise<string[]> {
  captured.length = 0;
  await work();
  const queries = captured.filter(({ sql: text }) => /^\s*(select|with|update|delete)\b/i.test(text));
  expect(queries.length).toBeGreaterThan(0);
  const scans: string[] = [];
  for (const query of queries) {
    const { rows } = await plain.executeQuery<{ 'QUERY PLAN': [{ Plan: Plan }] }>({
      ...query,
      sql: `EXPLAIN (FORMAT JSON) ${query.sql}`,
    });
    const plan = rows[0]?.['QUERY PLAN'][0].Plan;
    for (const table of plan ? scanned(plan, large) : ['?']) scans.push(`${table}: ${query.sql}`);
  }
  return scans;
}

/** A run that looks back three hours, so that it compares few orders among all of them. */
const reconciliation = {
  id: randomUUID(),
  startedAt: new Date(Date.now() - HOUR_MS),
  windowStart: new Date(Date.now() - 3 * HOUR_MS),
} as Reconciliation;

const archiveSettings = {
  ARCHIVE_AFTER: 3_650 * DAY_MS,
  ARCHIVE_RETENTION: 3_650 * DAY_MS,
  FINDINGS_RETENTION: 3_650 * DAY_MS,
};

const page = { limit: 20, after: undefined };
const further = { limit: 20, after: { at: '2026-01-01', id: randomUUID() } };

/** Orders of a page that a reconciliation compares. */
const ordersToCompare = Array.from(
  { length: 200 },
  (_, index) => ({ id: randomUUID(), paymentIntentId: `pi_${index}` }) as Order,
);

/** Statements about rows that are known by their ids. */
const byIds: Record<string, () => Promise<unknown>> = {
  'the end of an audited action': () => endAuditEntry(db, randomUUID(), { outcome: 'done' }),
  'the ends of audited actions': () =>
    endAuditEntries(
      db,
      Array.from({ length: 50 }, () => ({ id: randomUUID(), outcome: 'done' })),
    ),
  'slots whose runs are reported to have ended': async () => {
    const { rows: slots } = await sql<{ jobId: string; runId: string }>`
      UPDATE limit_slots SET next_check_at = ${REPORTED} WHERE entry_id = ANY (SELECT id FROM outbox ORDER BY id LIMIT 2)
      RETURNING job_id, run_id`.execute(plain);
    const [ended, held] = slots;
    const describe = (jobId: string): Promise<object> =>
      jobId === ended?.jobId
        ? Promise.reject(new WorkflowNotFoundError('none', jobId, undefined))
        : Promise.resolve({ status: { name: 'RUNNING' }, runId: held?.runId, raw: {} });
    const client = {
      withDeadline: (_deadline: number, call: () => Promise<unknown>) => call(),
      workflow: { getHandle: (jobId: string) => ({ describe: () => describe(jobId) }) },
    } as unknown as Client;
    const { freed } = await releaseSlots({ db, client, logger: pino({ level: 'silent' }) });
    expect(freed.size).toBe(1);
  },
  'the run of an awaited job': () => keepRuns(db, [{ id: 1, jobId: 'a:b', runId: 'run' }]),
  'a page of orders that a reconciliation compares': () =>
    readQuietOrders(
      db,
      reconciliation,
      ordersToCompare.map(({ id }) => id),
      HOUR_MS,
    ),
  'payments of the orders that are compared': () => findPaymentsOf(db, reconciliation, ordersToCompare),
  'payments that another reconciliation has read': () =>
    unseenAmong(
      db,
      reconciliation,
      ordersToCompare.flatMap(({ paymentIntentId }) => paymentIntentId ?? []),
    ),
  'a page of payments without an order': () =>
    readPaymentsWithoutOrder(
      db,
      reconciliation,
      ordersToCompare.flatMap(({ paymentIntentId }) => paymentIntentId ?? []),
      HOUR_MS,
    ),
};

const frequent: Record<string, () => Promise<unknown>> = {
  'claims of work items': () => createWorkQueue({ db, kinds: workKinds.all, leaseMs: 30_000 }).getNext(5),
  'a look at work items in turns': () => new DueItems(db, ['of-another-release']).look(5),
  'the next work item': () => createWorkQueue({ db, kinds: workKinds.all, leaseMs: 30_000 }).nextDueInMs([]),
  'claims of emails': () => takeDueEmails(db, 12),
  'the next email': () => nextDueEmail(db, 30_000),
  'the check of an email': () =>
    isStillToSend(db, { id: randomUUID(), lease: 'now' } as Parameters<typeof isStillToSend>[1]),
  'the outbox relay': () =>
    relayOnce({ db, client: {} as never, jobs, jobRules, logger: pino({ level: 'silent' }) }),
  'starts that wait at limits': () =>
    new LimitTurns().give({ db, jobs, logger: pino({ level: 'silent' }) }, new Set(['concurrency:a:b'])),
  'starts whose keys are quiet': () => settleStarts(db),
  'the start that stands for a replaced one': () => startThatStands(db, 1),
  'the number of replaced starts': () => countReplaced(db, 1),
  'the slots of limits': () => releaseSlots({ db, client: {} as never, logger: pino({ level: 'silent' }) }),
  'the admission of a start': () =>
    admitStarts(
      db,
      [
        {
          id: 1,
          jobId: 'a:b',
          isInTurn: true,
          isMergeable: true,
          limits: [{ limitKey: 'concurrency:a:b', most: 1, keep: 'newest' }],
        },
      ],
      'try',
    ),
  'starts that wait at a limit that keeps the newest': () =>
    db.transaction().execute((trx) => keepNewest(trx, 'concurrency:a:b')),
  'limits that keep one start': () =>
    new KeptStarts().settle({ db, client: {} as never, jobs, jobRules, logger: pino({ level: 'silent' }) }),
  'the next slot': () => nextSlotCheck(db),
  'an undispatched start': () => findUndispatchedStart(db, 'send-welcome-email:1'),
  'dead starts': () => listDeadStarts(db, {}, { limit: 20, after: 500 }),
  'the newest starts': () => newestMadeStarts(db, 20),
  backlogs: () => readBacklogs(db, workKinds.kinds),
  'the open bulk jobs': () => listOpenBulkJobs(db, 10),
  'the summary of work items': () => summariseWork(db),
  'runs that fail': () => listFailingRuns(db, { before: 50_000, limit: 20 }),
  'the newest failures': () => newestFailures(db, 20),
  'runs that fail among others': () => failingAmong(db, ['run1', 'run2']),
  'failures that are to be checked': () => takeUnchecked(db, 20, 10_000),
  'the newest moved start': () => newestMovedStart(db),
  'moved starts': () => listMovedStarts(db, 50_000, 20),
  'moved starts among others': () => movedAmong(db, ['run1', 'run2'], 50_000),
  'ranges of a bulk job': () => pendingRanges(db, BULK_JOB, { after: 500, size: 100, count: 50 }),
  'claims of bulk items': () =>
    db.transaction().execute((trx) => claimItems(trx, BULK_JOB, { from: 1_000, to: 2_000 }, 100)),
  'failed bulk items': () => listFailedItems(db, BULK_JOB, { limit: 20, after: 500 }),
  ...Object.fromEntries(
    walkedTables.flatMap((table) => [
      [`the next range of ${table}`, () => nextRange(db, table, randomUUID(), 500)],
      ...Object.entries(rangeChecks[table]).map(([name, check]): [string, () => Promise<unknown>] => [
        `the check ${name}`,
        () =>
          check(db, {
            after: '10000000-0000-4000-8000-000000000000',
            upTo: '10100000-0000-4000-8000-000000000000',
          }),
      ]),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(otherChecks).map(([name, check]) => [`the check ${name}`, () => check(db)]),
  ),
  ...Object.fromEntries(
    Object.entries(prunedRows).map(([name, pruneBatch]) => [
      `the pruning of ${name}`,
      () => pruneBatch(db, archiveSettings, 100),
    ]),
  ),
  'the archive of payment attempts': () => archivePaymentAttempts(db, archiveSettings, 100),
  'the findings that a maintenance settles': () =>
    settleFindings(db, { maintenanceId: randomUUID(), startedAt: new Date().toISOString() }),
  'the begin of a reconciliation': () =>
    beginReconciliation(db, { id: randomUUID(), jobId: 'sync-payments:1', windowMs: DAY_MS }),
  'payments that a reconciliation asks for': () =>
    findUnseenIntents(db, reconciliation, { limit: 25, quietMs: HOUR_MS }),
  'orders that a reconciliation compares': () =>
    findOrdersToCompare(db, reconciliation, { after: null, limit: 200, quietMs: HOUR_MS }),
  'further orders that a reconciliation compares': () =>
    findOrdersToCompare(db, reconciliation, { after: randomUUID(), limit: 200, quietMs: HOUR_MS }),
  'payments without an order': () =>
    findPaymentsWithoutOrder(db, reconciliation, { after: null, limit: 200, quietMs: HOUR_MS }),
  'the end of a reconciliation': async () => {
    const id = randomUUID();
    await beginReconciliation(db, { id, jobId: 'sync-payments:1', windowMs: DAY_MS });
    await completeReconciliation(db, id, { payments: 0, refunds: 0, orders: 0 }, HOUR_MS);
  },
  'an order': () => findOrderDetails(db, randomUUID()),
  'the list of orders': () => listOrders(db, {}, further),
  'the list of refunded orders': () => listOrders(db, { status: 'refunded' }, page),
  'the list of the orders of a user': () => listOrders(db, { userId: randomUUID() }, page),
  'the list of emails to a user': () => listEmails(db, { userId: randomUUID() }, page),
  'the list of emails': () => listEmails(db, {}, page),
  'the list of dead emails': () => listEmails(db, { status: 'dead' }, page),
  'the list of findings': () => listFindings(db, {}, further),
  'the list of open findings': () => listFindings(db, { open: true }, page),
  'the list of dead letters': () => listDeadLetters(db, { status: 'open', code: undefined }, page),
  'the list of work items': () => listWorkItems(db, {}, further),
  'the list of work items of a kind': () => listWorkItems(db, { kind: adjustStock.kind }, page),
  'the list of dead work items': () => listWorkItems(db, { status: 'dead' }, page),
  'the audit trail': () => listAuditEntries(db, {}, further),
  'the audit trail of an actor': () => listAuditEntries(db, { who: 'name1' }, page),
  'the audit trail of an id': () => listAuditEntries(db, { what: randomUUID() }, page),
  'the audit trail of failures': () => listAuditEntries(db, { outcome: 'failed' }, page),
  'the erasure of a person': () =>
    db
      .transaction()
      .execute((trx) => anonymiseSubject(trx, { id: randomUUID(), email: 'nobody@x', erasedAt: null })),
  'the orders of a person': () =>
    listOrdersOf(db, randomUUID(), { after: { at: new Date().toISOString(), id: randomUUID() }, limit: 50 }),
  'the traces of a person': () =>
    db.transaction().execute((trx) =>
      deleteTraces(trx, {
        userId: randomUUID(),
        accountKey: 'nobody',
        orderIds: [randomUUID()],
        jobIds: ['process-order:none'],
      }),
    ),
  ...Object.fromEntries(
    Object.entries(expiredRows).map(([name, deleteBatch]) => [
      `the clean-up of ${name}`,
      () =>
        deleteBatch(
          db,
          {
            PASSWORD_RESET_RETENTION: 3_650 * DAY_MS,
            OUTBOX_RETENTION: 3_650 * DAY_MS,
            FAILED_ATTEMPTS_RETENTION: 3_650 * DAY_MS,
            AUDIT_RETENTION: 3_650 * DAY_MS,
            BULK_RETENTION: 3_650 * DAY_MS,
            WORK_ITEM_RETENTION: 3_650 * DAY_MS,
            MESSAGE_RETENTION: 3_650 * DAY_MS,
          },
          100,
        ),
    ]),
  ),
};

describe('over a million rows, no table is read from one end to the other by', () => {
  it.each(Object.entries({ ...frequent, ...byIds }))('%s', async (_name, work) => {
    expect(await tableScansOf(work)).toEqual([]);
  });
});

describe('over ten thousand rows, no table is read from one end to the other by', () => {
  let medium: Tables;
  beforeAll(async () => {
    medium = await createTables(MEDIUM_ROWS);
    ({ plain, db } = medium);
  }, 600_000);
  afterAll(async () => {
    ({ plain, db } = tables);
    await medium.drop();
  });

  it.each(Object.entries(byIds))('%s', async (_name, work) => {
    expect(await tableScansOf(work)).toEqual([]);
  });
});

describe('queries that claim rows up to a limit', () => {
  it('chooses them once, whatever the plan: a subquery may be run again for each row', async () => {
    const claims: string[] = [];
    for (const work of Object.values(frequent)) {
      captured.length = 0;
      await work();
      claims.push(...captured.map(({ sql: text }) => text).filter((text) => /\bskip locked\b/i.test(text)));
    }
    expect(claims.length).toBeGreaterThan(10);
    expect(claims.filter((text) => !/\bas materialized\b/i.test(text))).toEqual([]);
  });
});

describe('a job with many waiting starts', () => {
  it('does not delay a pass of the relay: its first ones are found in an index', async () => {
    await sql`INSERT INTO outbox (job_type, job_id, input, next_attempt_at, is_checked)
      SELECT 'deleteExpired', 'delete-expired:one', '{}', now(), true FROM generate_series(1, 20000)`.execute(
      plain,
    );
    await sql`ANALYZE outbox`.execute(plain);
    captured.length = 0;
    await new DueStarts().take(db, 50, 1);
    const search = captured.find(({ sql: text }) => text.includes('up_to'));
    if (!search) throw new Error('the query was not seen');
    const { rows } = await plain.executeQuery({ ...search, sql: `EXPLAIN (FORMAT JSON) ${search.sql}` });
    expect(JSON.stringify(rows)).toContain('outbox_waiting');
    await plain.deleteFrom('outbox').where('jobId', '=', 'delete-expired:one').execute();
  });
});

describe('starts of SQL that are due later', () => {
  it('do not delay a pass of the relay: those that are due are found in an index', async () => {
    await sql`INSERT INTO outbox (job_type, input, next_attempt_at, is_checked)
      SELECT 'deleteExpired', '{}', now() + interval '1 day', false FROM generate_series(1, 20000)`.execute(
      plain,
    );
    await sql`ANALYZE outbox`.execute(plain);
    captured.length = 0;
    await new DueStarts().check({ db, jobs });
    const search = captured.find(({ sql: text }) => text.includes('is_checked'));
    if (!search) throw new Error('the query was not seen');
    const { rows } = await plain.executeQuery({
      ...search,
      sql: `EXPLAIN (ANALYZE, FORMAT JSON) ${search.sql}`,
    });
    expect(JSON.stringify(rows)).toContain('outbox_to_check');
    expect(JSON.stringify(rows)).not.toContain('Rows Removed by Filter');
    await plain.deleteFrom('outbox').where('isChecked', '=', false).execute();
  });
});

describe('waits for a start that is checked', () => {
  it('are found in an index, however many jobs are awaited', async () => {
    const { rows: entries } = await sql<StoredEntry>`
      INSERT INTO outbox (job_type, input, next_attempt_at, is_checked)
      VALUES ('deleteExpired', '{}', '2199-01-01', false) RETURNING *`.execute(plain);
    captured.length = 0;
    await checkStarts({ db, jobs }, entries);
    const check = captured.find(({ sql: text }) => text.includes('awaited_jobs'));
    if (!check) throw new Error('the query was not seen');
    const { rows } = await plain.executeQuery({ ...check, sql: `EXPLAIN (FORMAT JSON) ${check.sql}` });
    expect(JSON.stringify(rows)).toContain('awaited_jobs_of_start');
  });
});

describe('starts that wait at limits', () => {
  it('do not delay the searches of held starts: those that expire or are to be checked are found in indexes', async () => {
    await sql`INSERT INTO outbox (job_type, job_id, input, next_attempt_at, is_checked, is_held, limit_key)
      SELECT 'deleteExpired', 'delete-expired:' || n, '{}', '2199-01-01', true, true, 'concurrency:deleteExpired:'
      FROM generate_series(1, 20000) AS n`.execute(plain);
    await sql`ANALYZE outbox`.execute(plain);
    captured.length = 0;
    await dropExpiredHeldStarts({ db });
    await checkHeldStarts({ db, client: {} as never, jobs, jobRules, logger: pino({ level: 'silent' }) });
    const plans: string[] = [];
    for (const search of captured.filter(({ sql: text }) => text.includes('is_held'))) {
      const { rows } = await plain.executeQuery({ ...search, sql: `EXPLAIN (FORMAT JSON) ${search.sql}` });
      plans.push(JSON.stringify(rows));
    }
    expect(plans).toEqual([
      expect.stringContaining('outbox_held_expiring'),
      expect.stringContaining('outbox_held_to_check'),
    ]);
    await plain.deleteFrom('outbox').where('limitKey', 'is not', null).execute();
  });
});

describe('an item of a kind without a handler', () => {
  it('does not delay claims of others, however many there are', async () => {
    captured.length = 0;
    const { id } = await db
      .insertInto('workItems')
      .values({ kind: adjustStock.kind, payload: '{}' })
      .returning('id')
      .executeTakeFirstOrThrow();
    const claimed = await createWorkQueue({ db, kinds: workKinds.all, leaseMs: 30_000 }).getNext(5);
    expect(claimed.map(({ lease }) => lease.id)).toEqual([id]);
    const claim = captured.find(({ sql: text }) => text.includes('SKIP LOCKED'));
    if (!claim) throw new Error('the claim was not seen');
    const { rows } = await plain.executeQuery({ ...claim, sql: `EXPLAIN (FORMAT JSON) ${claim.sql}` });
    expect(JSON.stringify(rows)).toContain('work_items_due_plain');
  });

  it('is counted among the backlogs, by itself and by kind', async () => {
    const backlogs = await readBacklogs(plain, workKinds.kinds);
    expect(backlogs.find(({ queue }) => queue === 'unhandled-work-items')).toMatchObject({
      items: UNHANDLED,
    });
    const kinds = await summariseWork(plain);
    expect(kinds.find(({ kind }) => kind === 'of-another-release')).toMatchObject({
      pending: UNHANDLED,
      running: 0,
      dead: 0,
      due: UNHANDLED,
    });
  });
});

describe('every foreign key', () => {
  it('has an index, so that a deletion reads no table', async () => {
    const { rows } = await sql<{ name: string }>`
      SELECT conrelid::regclass || '.' || conname AS name FROM pg_constraint
      WHERE contype = 'f' AND NOT EXISTS (
        SELECT FROM pg_index
        WHERE indrelid = conrelid AND (indkey::int2[])[0:cardinality(conkey) - 1] @> conkey)`.execute(plain);
    expect(rows).toEqual([]);
  });
});

/**
 * Returns the rows that an executed plan has read from tables, except in one pass over a whole table: PostgreSQL knows the size of a table
 * without counting its rows, and reads a small one for many ids.
 */
function rowsRead(plan: Plan): number {
  const { 'Actual Rows': found = 0, 'Rows Removed by Filter': removed = 0, 'Actual Loops': loops = 0 } = plan;
  const isRead = plan['Relation Name'] !== undefined && plan['Node Type'] !== 'ModifyTable';
  const passes = plan['Node Type'] === 'Seq Scan' ? loops - 1 : loops;
  const inside = (plan.Plans ?? []).reduce((sum, child) => sum + rowsRead(child), 0);
  return inside + (isRead ? (found + removed) * Math.max(0, passes) : 0);
}

describe('a queue whose tables were counted before rows came reads few of them', () => {
  const WAITING = 5_000;
  const names = [
    'work_items',
    'outbox',
    'limit_slots',
    'emails',
    'bulk_jobs',
    'bulk_items',
    'orders',
    'provider_payments',
    'provider_refunds',
  ];
  const tables = sql.raw(names.join(', '));
  let ownDatabase: Awaited<ReturnType<typeof createTestDatabase>>;
  let own: Db;

  beforeAll(async () => {
    ownDatabase = await createTestDatabase();
    own = capturing(ownDatabase.url);
    // The server would count again.
    for (const table of names)
      await sql`ALTER TABLE ${sql.table(table)} SET (autovacuum_enabled = false)`.execute(own);
  });
  afterAll(async () => {
    await own.destroy();
    await ownDatabase.drop();
  });

  const numbers = sql`generate_series(1, ${sql.lit(WAITING)}) AS n`;
  const items = (key: string) => [
    sql`INSERT INTO work_items (kind, payload, not_before, fairness_key)
      SELECT ${adjustStock.kind}, '{}', now() - make_interval(secs => n), ${sql.raw(key)} FROM ${numbers}`,
  ];
  const processItems = async (): Promise<void> => {
    const queue = createWorkQueue({ db: own, kinds: workKinds.all, leaseMs: 30_000 });
    const leases = [...(await queue.getNext(5)), ...(await queue.getNext(5))].map(({ lease }) => lease);
    expect(leases).toHaveLength(10);
    await queue.nextDueInMs(leases);
    await queue.renew(leases);
    await queue.completeAll(leases.slice(5).map((lease) => ({ lease, result: null })));
    await queue.release(leases.slice(0, 5));
  };

  const starts = (key: string, jobId = `'delete-expired:' || n`) => [
    sql`INSERT INTO outbox (job_type, job_id, input, next_attempt_at, is_checked, fairness_key)
      SELECT 'deleteExpired', ${sql.raw(jobId)}, '{}', now(), true, ${sql.raw(key)} FROM ${numbers}`,
  ];
  const silent = pino({ level: 'silent' });
  const relay = async (): Promise<void> => {
    const due = new DueStarts();
    await due.check({ db: own, jobs });
    expect(await due.take(own, 50, 60_000)).toHaveLength(50);
    await relayOnce({ db: own, client: {} as never, jobs, jobRules, logger: silent }, { due });
  };

  const limited = (limitKey: string, key: string, jobId = `'delete-expired:' || n`) => [
    sql`INSERT INTO outbox (job_type, job_id, input, next_attempt_at, is_checked, is_held, limit_key, fairness_key)
      SELECT 'deleteExpired', ${sql.raw(jobId)}, '{}', '2199-01-01', true, true, ${sql.raw(limitKey)}, ${sql.raw(key)} FROM ${numbers}`,
  ];
  const limit = `'concurrency:deleteExpired:'`;
  const giveTurns = async (): Promise<void> => {
    const deps = { db: own, client: {} as never, jobs, jobRules, logger: silent };
    await dropExpiredHeldStarts(deps);
    await checkHeldStarts(deps);
    await new LimitTurns().give(deps, new Set());
    await releaseSlots(deps);
    await new KeptStarts().settle(deps);
    const limits = [{ limitKey: limit, most: 1, keep: 'newest' }] as const;
    const start = { id: 0, jobId: 'a:b', isInTurn: true, isMergeable: true, limits };
    await admitStarts(own, [start], 'try');
    await own.transaction().execute((trx) => keepNewest(trx, 'concurrency:deleteExpired:1'));
  };

  const polls: Record<string, { rows: RawBuilder<unknown>[]; poll: () => Promise<unknown> }> = {
    'work items without keys': { rows: items('NULL'), poll: processItems },
    'work items of one key': { rows: items(`'a'`), poll: processItems },
    'work items of many keys': { rows: items(`'key' || n % 300`), poll: processItems },
    'work items with and without keys': { rows: items(`nullif('key' || n % 3, 'key0')`), poll: processItems },
    'starts without keys': { rows: starts('NULL'), poll: relay },
    'starts of many keys': { rows: starts(`'key' || n % 300`), poll: relay },
    'starts at one limit': { rows: limited(limit, 'NULL'), poll: giveTurns },
    'starts at one limit, of many keys': { rows: limited(limit, `'key' || n % 300`), poll: giveTurns },
    'starts at many limits': { rows: limited(`${limit} || n`, 'NULL'), poll: giveTurns },
    'starts at limits that keep one': {
      rows: [
        ...limited(`${limit} || n`, 'NULL'),
        sql`UPDATE outbox SET kept_key = limit_key WHERE limit_key IS NOT NULL`,
      ],
      poll: giveTurns,
    },
    'starts behind others of their jobs': {
      rows: limited(`'job'`, 'NULL', `'delete-expired:' || n % 300`),
      poll: giveTurns,
    },
    emails: {
      rows: [
        sql`INSERT INTO emails (key, recipient, message_id, template, status, sender, subject, body_text)
          SELECT 'new' || n, 'ada@example.com', 'new' || n, 'welcome', 'pending', 'service', 'a', 'b' FROM ${numbers}`,
      ],
      poll: () => takeDueEmails(own, 12),
    },
    'a page of a reconciliation': {
      rows: [
        sql`INSERT INTO users (email, name, password_hash) VALUES ('ada@example.com', 'Ada', '!') ON CONFLICT DO NOTHING`,
        sql`INSERT INTO orders (user_id, currency, amount_minor, status, payment_intent_id, updated_at)
          SELECT users.id, 'eur', 900, 'completed', 'pi_' || n, now() - interval '1 day' FROM users, ${numbers}`,
        sql`INSERT INTO provider_payments (intent_id, order_id, status, amount_minor, received_minor, currency, created_at)
          SELECT payment_intent_id, id::text, 'succeeded', 900, 900, 'eur', updated_at FROM orders`,
      ],
      poll: async () => {
        const orders = await own.selectFrom('orders').select(['id', 'paymentIntentId']).limit(200).execute();
        const intentIds = orders.flatMap(({ paymentIntentId }) => paymentIntentId ?? []);
        captured.length = 0;
        const read = await readQuietOrders(
          own,
          reconciliation,
          orders.map(({ id }) => id),
          HOUR_MS,
        );
        expect(read).toHaveLength(200);
        expect(await findPaymentsOf(own, reconciliation, read)).toHaveLength(200);
        expect(await unseenAmong(own, reconciliation, intentIds)).toEqual([]);
        await readPaymentsWithoutOrder(own, reconciliation, intentIds, HOUR_MS);
      },
    },
    'bulk items': {
      rows: [
        sql`INSERT INTO bulk_jobs (id, task, total) VALUES (${BULK_JOB}, 'import-products', ${WAITING})`,
        sql`INSERT INTO bulk_items (bulk_job_id, position, payload) SELECT ${BULK_JOB}::uuid, n, '{}' FROM ${numbers}`,
      ],
      poll: async () => {
        await pendingRanges(own, BULK_JOB, { after: 0, size: 100, count: 10 });
        await own.transaction().execute((trx) => claimItems(trx, BULK_JOB, { from: 100, to: 200 }, 100));
      },
    },
  };

  const done = [
    sql`INSERT INTO work_items (kind, payload, status, ended_at)
      SELECT ${adjustStock.kind}, '{}', 'completed', now() FROM ${numbers}`,
    sql`INSERT INTO outbox (job_type, job_id, input, next_attempt_at, is_checked, dispatched_at)
      SELECT 'deleteExpired', 'made:' || n, '{}', now(), true, now() FROM ${numbers}`,
    sql`INSERT INTO emails (key, recipient, message_id, template, status, sent_at, sender)
      SELECT 'old' || n, 'ada@example.com', 'old' || n, 'welcome', 'sent', now(), 'service' FROM ${numbers}`,
  ];

  /** Returns the rows that the queries of `work` read, by their texts. */
  async function rowsReadBy(work: () => Promise<unknown>): Promise<Record<string, number>> {
    captured.length = 0;
    await work();
    const read: Record<string, number> = {};
    for (const query of captured.filter(({ sql: text }) => /^\s*(select|with|update|delete)\b/i.test(text))) {
      const explained = { ...query, sql: `EXPLAIN (ANALYZE, FORMAT JSON) ${query.sql}` };
      const trx = await own.startTransaction().execute();
      const { rows } = await trx.executeQuery<{ 'QUERY PLAN': [{ Plan: Plan }] }>(explained);
      await trx.rollback().execute();
      read[query.sql] = rows[0] ? rowsRead(rows[0]['QUERY PLAN'][0].Plan) : NaN;
    }
    return read;
  }

  describe.each([
    { state: 'while they were empty', before: [] },
    { state: 'while everything was done', before: done },
  ])('$state', ({ before }) => {
    it.each(Object.entries(polls))('%s', async (_name, { rows, poll }) => {
      for (const statement of [
        sql`TRUNCATE ${tables} CASCADE`,
        ...before,
        sql`VACUUM (ANALYZE) ${tables}`,
        ...rows,
      ])
        await statement.execute(own);
      const read = Object.entries(await rowsReadBy(poll));
      expect(read.length).toBeGreaterThan(0);
      expect(read.filter(([, count]) => !(count < WAITING / 2))).toEqual([]);
    });
  });
});
