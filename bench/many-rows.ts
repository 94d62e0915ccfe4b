import type pg from 'pg';

/**
 * The tables of the library and of the shop that have lists, with a statement that adds `$1` rows which were written in the last 30 days. Most are done; a
 * few per cent wait for a time next year, or are dead, so that nothing happens to them.
 */
const FILLS: Readonly<Record<string, string>> = {
  users: `INSERT INTO users (email, name, password_hash, created_at)
    SELECT gen_random_uuid() || '@example.com', 'lists', '', ${at()} FROM ${numbers()}`,
  orders: `INSERT INTO orders (user_id, currency, amount_minor, status, created_at, updated_at, payment_intent_id)
    SELECT id, 'eur', 100, 'completed', created_at, created_at, 'pi_' || gen_random_uuid() FROM users WHERE name = 'lists' LIMIT $1::integer`,
  emails: `INSERT INTO emails (recipient, template, status, sent_at, created_at, sender)
    SELECT n || '@example.com', 'welcome', CASE n % 100 WHEN 0 THEN 'dead' ELSE 'sent' END, CASE n % 100 WHEN 0 THEN NULL ELSE ${at()} END, ${at()}, 'job'
    FROM ${numbers()}`,
  outbox: `INSERT INTO outbox (job_type, job_id, input, created_at, next_attempt_at, start_at, dispatched_at, outcome, run_id, dropped_at, dead_code)
    SELECT 'sendWelcomeEmail', 'send-welcome-email:' || gen_random_uuid(), '{}', ${at()},
      CASE WHEN n % 100 = 1 THEN now() + interval '1 year' ELSE ${at()} END, CASE WHEN n % 100 = 1 THEN now() + interval '1 year' END,
      CASE WHEN n % 100 > 1 THEN ${at()} END, CASE WHEN n % 100 > 1 THEN 'started' WHEN n % 100 = 0 THEN 'dead' END,
      CASE WHEN n % 100 > 1 THEN gen_random_uuid()::text END, CASE WHEN n % 100 = 0 THEN ${at()} END, CASE WHEN n % 100 = 0 THEN 'INVALID_INPUT' END
    FROM ${numbers()}`,
  work_items: `INSERT INTO work_items (kind, payload, not_before, created_at, status, ended_at)
    SELECT 'adjust-stock', '{}', CASE WHEN n % 20 = 1 THEN now() + interval '1 year' ELSE ${at()} END, ${at()},
      CASE n % 20 WHEN 0 THEN 'dead' WHEN 1 THEN 'pending' ELSE 'completed' END, CASE WHEN n % 20 <> 1 THEN ${at()} END
    FROM ${numbers()}`,
  dead_letters: `INSERT INTO dead_letters (queue, digest, body, reason_code, reason, status, first_seen_at, last_seen_at, resolved_at)
    SELECT 'orders', gen_random_uuid()::text, '{}', 'INVALID_JSON', 'not JSON', CASE n % 2 WHEN 0 THEN 'open' ELSE 'discarded' END, ${at()}, ${at()},
      CASE n % 2 WHEN 1 THEN ${at()} END
    FROM ${numbers()}`,
  audit_entries: `INSERT INTO audit_entries (at, actor_id, actor_name, target, action, params, outcome, status, ended_at)
    SELECT ${at()}, 'actor' || n % 1000, 'name' || n % 1000, '/api/orders/' || gen_random_uuid(), 'POST /api/orders/:id/cancel',
      jsonb_build_object('id', gen_random_uuid()), 'done', 202, ${at()}
    FROM ${numbers()}`,
  bulk_jobs: `INSERT INTO bulk_jobs (task, status, total, done, created_at, started_at, ended_at)
    SELECT 'import-products', 'completed', 10, 10, ${at()}, ${at()}, ${at()} FROM ${numbers()}`,
};

/** The names of the tables that {@link addRows} fills. */
export const filledTables: readonly string[] = Object.keys(FILLS);

/** Adds rows to each table with lists until it has about that many. */
export async function addRows(database: pg.ClientBase, count: number): Promise<void> {
  // Without triggers and notifications: these rows tell nobody that there is work.
  await database.query('SET session_replication_role = replica');
  await database.query('SET search_path = durable_jobs, public');
  for (const [table, fill] of Object.entries(FILLS)) {
    const { rows } = await database.query<{ count: number }>(
      `SELECT count(*)::integer AS count FROM ${table}`,
    );
    const missing = count - (rows[0]?.count ?? 0);
    if (missing > 0) await database.query(fill, [missing]);
    await database.query(`VACUUM ANALYZE ${table}`);
  }
  await database.query('RESET session_replication_role');
  await database.query('RESET search_path');
}

function numbers(): string {
  return 'generate_series(1, $1::integer) AS n';
}

/** When the row number `n` was written. */
function at(): string {
  return `now() - interval '1 hour' - n * interval '29 days' / $1::integer`;
}
