import { sql } from 'kysely';
import { Gauge } from 'prom-client';
import type { Db } from '../database/connect.ts';
import { unhandledWork } from '../work-queue/rows.ts';
import type { MetricsSource } from '../telemetry/metrics-page.ts';
import { registry } from '../telemetry/registry.ts';

/** Waiting rows are counted up to here: what matters beyond is their age. */
const COUNTED = 100_000;

/**
 * Every queue that is a table of ours, by the label that its figures have: a query for how many wait (`items`) and since
 * when the longest does (`since`). A new queue is one line; its condition should have a partial index.
 */
const backlogsOf = (workKinds: readonly string[]): Record<string, string> => ({
  // A start that waits for an open run, or for another job, to end is not late.
  outbox: rows(
    'outbox',
    'dispatched_at IS NULL AND dropped_at IS NULL AND withdrawn_at IS NULL AND run_id IS NULL AND NOT is_held',
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
  // The counters stand on the job's row: its items are never counted.
  'bulk-items': `SELECT coalesce(sum(total - done - failed), 0) AS items, min(created_at) AS since
                 FROM bulk_jobs WHERE ended_at IS NULL`,
});

/** A queue that is a table, and whose waiting rows have a condition and a time. */
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

/** How much waits in a table of ours, and since when the oldest of it does. */
export interface Backlog {
  queue: string;
  items: number;
  since: Date | null;
  ageSeconds: number;
}

/**
 * How much waits in our own tables, and for how long: one query for all of them. Work items of kinds other than `workKinds` are
 * told apart.
 */
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

/** The same as metrics. */
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
