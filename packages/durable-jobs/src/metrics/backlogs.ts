import { sql } from 'kysely';
import { Gauge } from 'prom-client';
import type { Db } from '../database/connect.ts';
import type { LimitKind } from '../jobs/limits/limits-of.ts';
import { unhandledWork } from '../work-queue/rows.ts';
import type { MetricsSource } from '../telemetry/metrics-page.ts';
import { registry } from '../telemetry/registry.ts';

/** Waiting rows are counted up to this number: beyond it, only their age matters. */
const COUNTED = 100_000;

/**
 * Every queue that is one of our tables, by its label in metrics: a query for the number of waiting rows (`items`) and the time since when
 * the longest has waited (`since`). A new queue is one line; its condition should have a partial index.
 */
const backlogsOf = (workKinds: readonly string[]): Record<string, string> => ({
  // A start that waits for the end of an open run, or of another job, is not late.
  outbox: rows(
    'outbox',
    'dispatched_at IS NULL AND dropped_at IS NULL AND withdrawn_at IS NULL AND run_id IS NULL AND NOT is_held',
    'created_at',
  ),
  'starts-at-concurrency': waitingAt('concurrency'),
  'starts-throttled': waitingAt('throttle'),
  'starts-debounced': rows(
    'outbox',
    'CASE WHEN dispatched_at IS NULL AND dropped_at IS NULL AND withdrawn_at IS NULL AND debounce_key IS NOT NULL THEN 1 END = 1',
    'created_at',
  ),
  'dead-starts': rows('outbox', `outcome = 'dead'`, 'dropped_at'),
  emails: rows('emails', `status = 'pending'`, 'created_at'),
  'work-items': rows('work_items', `status IN ('pending', 'running') AND due_at <= now()`, 'due_at'),
  'unhandled-work-items': `SELECT count(*) AS items, min(due_at) AS since
                           FROM (${unhandledWork(workKinds)} LIMIT ${COUNTED}) AS waiting`,
  'dead-work-items': rows('work_items', `status = 'dead'`, 'created_at'),
  'outgoing-messages': rows('outgoing_messages', 'published_at IS NULL', 'created_at'),
  'queued-messages': rows('queued_messages', `status IN ('ready', 'leased')`, 'queued_at'),
  'dead-letters': rows('dead_letters', `status = 'open'`, 'first_seen_at'),
  // The counters are on the job's row, so its items are never counted.
  'bulk-items': `SELECT coalesce(sum(total - done - failed), 0) AS items, min(created_at) AS since
                 FROM bulk_jobs WHERE ended_at IS NULL`,
});

/** Returns the query for the starts that wait at limits of a kind. */
function waitingAt(kind: LimitKind): string {
  return rows(
    'outbox',
    // As in the index `outbox_at_limit`.
    `CASE WHEN dispatched_at IS NULL AND dropped_at IS NULL AND withdrawn_at IS NULL AND limit_key IS NOT NULL THEN 1 END = 1
      AND limit_key >= '${kind}:' AND limit_key < '${kind};'`,
    'created_at',
  );
}

/** Returns the query for a queue that is a table, given the condition of its waiting rows and the column of their time. */
function rows(table: string, waiting: string, since: string): string {
  return `SELECT count(*) AS items, min(since) AS since
          FROM (SELECT ${since} AS since FROM ${table} WHERE ${waiting} LIMIT ${COUNTED}) AS waiting`;
}

const items = new Gauge({
  name: 'durable_jobs_backlog_items',
  help: `Rows that wait in a queue of the database, counted up to ${COUNTED}.`,
  labelNames: ['queue'],
  registers: [registry],
});
const oldest = new Gauge({
  name: 'durable_jobs_backlog_oldest_seconds',
  help: 'How long the oldest row of the queue has been waiting; 0 if the queue is empty.',
  labelNames: ['queue'],
  registers: [registry],
});

/** The number of waiting rows in one of our tables, and since when the oldest has waited. */
export interface Backlog {
  queue: string;
  items: number;
  since: Date | null;
  ageSeconds: number;
}

/** Reads the backlogs of our own tables with one query. Work items of kinds other than `workKinds` are reported separately. */
export async function readBacklogs(db: Db, workKinds: readonly string[]): Promise<Backlog[]> {
  const query = Object.entries(backlogsOf(workKinds))
    .map(
      ([queue, figures]) =>
        `SELECT '${queue}' AS queue, items::float8 AS items, since, ` +
        `coalesce(extract(epoch FROM now() - since), 0)::float8 AS "ageSeconds" FROM (${figures}) AS figures`,
    )
    .join(' UNION ALL ');
  return (await sql<Backlog>`${sql.raw(query)}`.execute(db)).rows;
}

/** Returns the backlogs as metrics. */
export function backlogMetrics(db: Db, workKinds: readonly string[]): MetricsSource {
  return {
    name: 'backlogs',
    async refresh() {
      for (const row of await readBacklogs(db, workKinds)) {
        items.set({ queue: row.queue }, row.items);
        oldest.set({ queue: row.queue }, row.ageSeconds);
      }
    },
    clear() {
      items.reset();
      oldest.reset();
    },
  };
}
