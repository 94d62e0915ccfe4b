import type pg from 'pg';
import type { AcceptedCounts } from './load.ts';

/** What must not exist once all work is done: a sentence, and the statement that counts it. */
const MUST_NOT_EXIST: Readonly<Record<string, string>> = {
  'users without their welcome email': `
    SELECT count(*) FROM users
    WHERE NOT EXISTS (SELECT FROM emails WHERE key = 'welcome:' || users.id AND status = 'sent')`,
  'orders that are not completed': `SELECT count(*) FROM orders WHERE status <> 'completed'`,
  'emails that are not sent': `SELECT count(*) FROM emails WHERE status <> 'sent'`,
  // Of several requests of an account that wait at the same time, the newest is sent.
  'accounts without the email of their newest reset': `
    SELECT count(*) FROM (
      SELECT DISTINCT ON (account_key) sent_at FROM password_resets ORDER BY account_key, requested_at DESC
    ) AS newest WHERE sent_at IS NULL`,
  'work items that are not completed': `SELECT count(*) FROM work_items WHERE status <> 'completed'`,
  'work items without their one effect': `
    SELECT count(*) FROM work_items
    WHERE (SELECT count(*) FROM stock_ledger WHERE work_item_id = work_items.id) <> 1`,
  'bulk jobs that are not completed': `SELECT count(*) FROM bulk_jobs WHERE status <> 'completed' OR failed > 0`,
  'starts that are not made': `SELECT count(*) FROM outbox WHERE dispatched_at IS NULL`,
};

/** What was accepted must be there: a table for each kind whose requests are repeated with their key until they are accepted. */
const STORED = { orders: ['orders', 'orderMessages'], work_items: ['workItems'] } as const;

/** Counts what is lost, not done, or done twice: in the database, and in the payment provider's ledger. Returns sentences. */
export async function findWrong(
  database: pg.ClientBase,
  sandboxUrl: string,
  accepted: AcceptedCounts,
): Promise<string[]> {
  const wrong: string[] = [];
  for (const [table, kinds] of Object.entries(STORED)) {
    const { rows } = await database.query<{ count: string }>(`SELECT count(*) FROM ${table}`);
    const stored = Number(rows[0]?.count);
    const promised = kinds.reduce((sum, kind) => sum + accepted[kind], 0);
    if (stored !== promised) wrong.push(`${stored} rows of ${table} for ${promised} that were accepted`);
  }
  for (const [what, statement] of Object.entries(MUST_NOT_EXIST)) {
    const { rows } = await database.query<{ count: string }>(statement);
    const count = Number(rows[0]?.count);
    if (count > 0) wrong.push(`${count} ${what}`);
  }
  const response = await fetch(`${sandboxUrl}/_control/ledger`);
  const { charges } = (await response.json()) as { charges: { metadata: { orderId?: string } }[] };
  const charged = new Set(charges.map(({ metadata }) => metadata.orderId));
  const { rows } = await database.query<{ id: string }>('SELECT id FROM orders');
  if (charges.length !== charged.size) wrong.push(`${charges.length - charged.size} charges too many`);
  const free = rows.filter(({ id }) => !charged.has(id)).length;
  if (free > 0) wrong.push(`${free} orders without a charge`);
  return wrong;
}
