import { readdirSync, readFileSync } from 'node:fs';
import type { Client } from '@temporalio/client';
import type pg from 'pg';
import type { StackInfo } from '../../packages/durable-jobs/src/dev/stack-file.ts';
import { quantile } from '../figures.ts';
import type { Reading } from '../part.ts';

/** The processes whose memory and handles are watched. */
export const WATCHED = ['api', 'worker', 'temporal'] as const;

/** Runs of each type whose histories are measured: the last that have ended. */
const RUNS_OF_A_TYPE = 10;

/** Where samples are taken. */
export interface Sources {
  info: StackInfo;
  database: pg.ClientBase;
  client: Client;
}

/** Reads memory in MiB, open handles and threads of each process. */
export function readProcesses({ processes }: StackInfo): Reading {
  const reading: Reading = {};
  for (const name of WATCHED) {
    const pid = processes[name];
    if (pid === undefined) continue;
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const field = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
    reading[`${name} MiB`] = field('VmRSS') / 1_024;
    reading[`${name} threads`] = field('Threads');
    reading[`${name} handles`] = readdirSync(`/proc/${pid}/fd`).length;
  }
  return reading;
}

/** Reads the sizes of the database and its dead rows, and what waits in it. */
export async function readDatabase(database: pg.ClientBase): Promise<Reading> {
  const { rows } = await database.query<Reading>(`
    SELECT (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database())::integer AS "connections",
      pg_database_size(current_database())::float / 1048576 AS "database MiB",
      sum(n_live_tup)::float AS "live rows",
      sum(n_dead_tup)::float AS "dead rows",
      sum(pg_relation_size(relid))::float / 1048576 AS "tables MiB",
      sum(pg_indexes_size(relid))::float / 1048576 AS "indexes MiB",
      (SELECT count(*) FROM outbox WHERE dispatched_at IS NULL)::integer AS "waiting starts",
      (SELECT count(*) FROM emails WHERE status = 'pending')::integer AS "waiting emails",
      (SELECT count(*) FROM work_items WHERE status IN ('pending', 'running'))::integer AS "waiting items"
    FROM pg_stat_user_tables`);
  return rows[0] ?? {};
}

/** Reads for each table its rows, dead rows and bytes, tables of more than a MiB alone. */
export async function readTables(database: pg.ClientBase): Promise<Record<string, Reading>> {
  const { rows } = await database.query<{ name: string; live: number; dead: number; mib: number }>(`
    SELECT relname AS name, n_live_tup::float AS live, n_dead_tup::float AS dead,
      pg_total_relation_size(relid)::float / 1048576 AS mib
    FROM pg_stat_user_tables WHERE pg_total_relation_size(relid) > 1048576 ORDER BY mib DESC`);
  return Object.fromEntries(rows.map(({ name, ...reading }) => [name, reading]));
}

/** Reads how long what was accepted in the last seconds took, in milliseconds: those whose work has ended by now. */
export async function readLatencies(database: pg.ClientBase, seconds: number): Promise<Reading> {
  const { rows } = await database.query<{ what: string; p50: number | null; p95: number | null }>(
    `WITH done AS (
       SELECT 'email' AS what, extract(epoch FROM emails.sent_at - users.created_at) * 1000 AS ms
       FROM emails JOIN users ON users.id = emails.user_id
       WHERE emails.template = 'welcome' AND emails.sent_at > now() - $1 * interval '1 second'
       UNION ALL
       SELECT 'receipt', extract(epoch FROM emails.sent_at - orders.created_at) * 1000
       FROM emails JOIN orders ON emails.key = 'order:' || orders.id || ':receipt'
       WHERE emails.template = 'order-receipt' AND emails.sent_at > now() - $1 * interval '1 second'
       UNION ALL
       SELECT 'work item', extract(epoch FROM stock_ledger.created_at - work_items.created_at) * 1000
       FROM stock_ledger JOIN work_items ON work_items.id = stock_ledger.work_item_id
       WHERE stock_ledger.created_at > now() - $1 * interval '1 second')
     SELECT what, percentile_cont(0.5) WITHIN GROUP (ORDER BY ms)::float AS p50,
       percentile_cont(0.95) WITHIN GROUP (ORDER BY ms)::float AS p95
     FROM done GROUP BY what`,
    [seconds],
  );
  return Object.fromEntries(
    rows.flatMap(({ what, p50, p95 }) => [
      [`${what} p50`, p50 ?? NaN],
      [`${what} p95`, p95 ?? NaN],
    ]),
  );
}

/** The median and the 95th percentile of measured times. */
export function timesOf(name: string, times: readonly number[]): Reading {
  return { [`${name} p50`]: quantile(times, 0.5), [`${name} p95`]: quantile(times, 0.95) };
}

/** Reads the largest history, in events, of the last runs of each type that have ended, and of the open hosted services. */
export async function readHistories(client: Client, types: readonly string[]): Promise<Reading> {
  const reading: Reading = {};
  for (const type of types) {
    let events = 0;
    const query = `WorkflowType = "${type}" AND ExecutionStatus != "Running"`;
    for await (const run of first(client.workflow.list({ query, pageSize: RUNS_OF_A_TYPE }))) {
      events = Math.max(events, run.historyLength);
    }
    if (events > 0) reading[`${type} events`] = events;
  }
  let services = 0;
  const query = 'WorkflowType = "hostService" AND ExecutionStatus = "Running"';
  for await (const { workflowId, runId } of client.workflow.list({ query })) {
    const { historyLength } = await client.workflow.getHandle(workflowId, runId).describe();
    services = Math.max(services, historyLength);
  }
  return { ...reading, 'hosted service events': services };
}

async function* first<T>(all: AsyncIterable<T>): AsyncGenerator<T> {
  let count = 0;
  for await (const one of all) {
    yield one;
    if (++count >= RUNS_OF_A_TYPE) return;
  }
}
