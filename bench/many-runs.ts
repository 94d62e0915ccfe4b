import { randomUUID } from 'node:crypto';
import { Agent } from 'node:http';
import type pg from 'pg';
import { waitUntil } from '../packages/durable-jobs/src/dev/wait.ts';
import { inParallel } from './in-parallel.ts';
import { addUser, orderOf, post, runOrders } from './orders.ts';
import { addPile, addUsers, emailTimes, untilStarted } from './overdue.ts';

/** How many runs of each kind really take place. */
const REAL = {
  emails: 150,
  failures: 60,
  orders: 60,
  resets: 120,
  cancelled: 30,
  terminated: 20,
  scheduled: 30,
};

const CLIENTS = 10;
const PATIENCE_MS = 300_000;
/** Copied runs are spread over the time for which a namespace of this benchmark keeps closed runs. */
const SPREAD = '6 days';

/** Makes a few hundred runs of several types and states: completed, failed, cancelled, terminated, waiting and scheduled ones. */
export async function makeRealRuns(
  { api, database, visibility }: { api: string; database: pg.Client; visibility: pg.Client },
  signal: AbortSignal,
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  try {
    await addPile(database, await addUsers(database, 'lists', REAL.emails));
    await emailTimes(database, 'pile', signal);
    // Their users do not exist, so these jobs fail.
    await addPile(
      database,
      Array.from({ length: REAL.failures }, () => randomUUID()),
    );
    await addPile(
      database,
      Array.from({ length: REAL.scheduled }, () => randomUUID()),
      new Date(Date.now() + 365 * 24 * 3_600_000),
    );
    const body = orderOf(await addUser(database));
    await runOrders(api, database, { orders: REAL.orders, clients: CLIENTS, body, signal });
    const reset = REAL.resets + REAL.cancelled + REAL.terminated;
    const send = async (path: string, sent: object): Promise<void> => {
      const status = await post(api + path, JSON.stringify(sent), agent);
      if (status >= 300) throw new Error(`${path} responded with ${status}`);
    };
    await inParallel(reset, CLIENTS, (n) =>
      send('/api/auth/forgot-password', { email: `nobody-${n}@example.com` }),
    );
    const { rows } = await database.query<{ last: number; ids: string[] }>(
      `SELECT max(id)::integer AS last, array_agg(DISTINCT job_id) FILTER (WHERE job_type = 'sendPasswordReset') AS ids FROM outbox`,
    );
    await untilStarted(database, rows[0]?.last ?? 0, signal);
    const ids = rows[0]?.ids ?? [];
    await inParallel(REAL.cancelled + REAL.terminated, CLIENTS, (n) =>
      send(`/api/jobs/${ids[n] ?? ''}/${n < REAL.cancelled ? 'cancel' : 'terminate'}`, {
        reason: 'benchmark',
      }),
    );
  } finally {
    agent.destroy();
  }
  // The statuses of the engine: 1 is running, 2 completed, 3 failed, 4 cancelled, 5 terminated.
  const wanted: [number, number][] = [
    [1, REAL.resets + REAL.scheduled],
    [2, REAL.emails + REAL.orders],
    [3, REAL.failures],
    [4, REAL.cancelled],
    [5, REAL.terminated],
  ];
  await waitUntil(
    async () => {
      const { rows } = await visibility.query<{ status: number; count: number }>(
        `SELECT status, count(*)::integer AS count FROM executions_visibility
         WHERE workflow_type_name IN ('sendWelcomeEmail', 'processOrder', 'sendPasswordReset') GROUP BY status`,
      );
      return wanted.every(
        ([status, count]) => (rows.find((row) => row.status === status)?.count ?? 0) >= count,
      );
    },
    { what: 'the engine does not list all runs', timeoutMs: PATIENCE_MS, signal },
  );
}

/**
 * Copies the rows of closed runs in the engine's visibility store until it contains `total` runs: each with ids and a business key of its own,
 * and earlier times. The types, statuses and search attributes are those of the runs that took place.
 */
export async function copyRuns(visibility: pg.Client, total: number): Promise<void> {
  const { rows } = await visibility.query<{ missing: number }>(
    'SELECT $1::integer - count(*)::integer AS missing FROM executions_visibility',
    [total],
  );
  const missing = rows[0]?.missing ?? 0;
  if (missing <= 0) return;
  // With its 54 indexes, the table takes a row in 2 ms; building them afterwards takes a tenth of that.
  const { rows: indexes } = await visibility.query<{ name: string; definition: string }>(
    `SELECT indexname AS name, indexdef AS definition FROM pg_indexes
     WHERE tablename = 'executions_visibility' AND indexname <> 'executions_visibility_pkey'`,
  );
  await visibility.query('BEGIN');
  for (const { name } of indexes) await visibility.query(`DROP INDEX ${name}`);
  await visibility.query(COPY, [missing]);
  for (const { definition } of indexes) await visibility.query(definition);
  await visibility.query('COMMIT');
  await visibility.query('VACUUM ANALYZE executions_visibility');
}

const COPY = `
  WITH real AS MATERIALIZED (
    SELECT *, row_number() OVER () AS place, count(*) OVER () AS reals,
      (SELECT key FROM jsonb_each_text(search_attributes) WHERE value = split_part(workflow_id, ':', 2) LIMIT 1) AS key_attribute
    FROM executions_visibility
    WHERE status BETWEEN 2 AND 5 AND workflow_type_name IN ('sendWelcomeEmail', 'processOrder', 'sendPasswordReset')
      AND close_time > (SELECT max(close_time) FROM executions_visibility) - interval '1 hour'
  )
  INSERT INTO executions_visibility (
    namespace_id, run_id, _version, start_time, execution_time, workflow_id, workflow_type_name, status, close_time, history_length,
    history_size_bytes, execution_duration, state_transition_count, memo, encoding, task_queue, search_attributes, root_workflow_id, root_run_id)
  SELECT namespace_id, copy.run_id, _version, start_time - copy.age, execution_time - copy.age, copy.workflow_id, workflow_type_name, status,
    close_time - copy.age, history_length, history_size_bytes, execution_duration, state_transition_count, memo, encoding, task_queue,
    jsonb_set(search_attributes, ARRAY[key_attribute], to_jsonb(copy.business_key)), copy.workflow_id, copy.run_id
  FROM generate_series(1, $1::integer) AS n
  JOIN real ON real.place = 1 + n % real.reals
  CROSS JOIN LATERAL (
    SELECT gen_random_uuid()::text AS run_id, keys.business_key, split_part(real.workflow_id, ':', 1) || ':' || keys.business_key AS workflow_id,
      interval '10 minutes' + n * interval '${SPREAD}' / $1::integer AS age
    FROM (SELECT gen_random_uuid()::text || left(real.run_id, 0) AS business_key) AS keys) AS copy`;
