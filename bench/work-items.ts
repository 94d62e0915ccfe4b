import type pg from 'pg';
import { SKUS } from './effect.ts';
import { waitUntil } from '../packages/durable-jobs/src/dev/wait.ts';

/** Adds the stock levels that the items change. */
export async function addStockLevels(client: pg.ClientBase): Promise<void> {
  await client.query(
    `INSERT INTO stock_levels (sku, available) SELECT 'bench-' || n, 0 FROM generate_series(0, $1::integer - 1) AS n`,
    [SKUS],
  );
}

/** A kind of items with the effect of `adjust-stock` that are processed together, by `work-together.ts`. */
export const TOGETHER = 'adjust-stock-together';

/** Inserts items with one statement. */
export async function enqueueItems(
  client: pg.ClientBase,
  count: number,
  kind: 'adjust-stock' | typeof TOGETHER = 'adjust-stock',
): Promise<void> {
  await client.query(
    `INSERT INTO work_items (kind, payload)
     SELECT $3::text, jsonb_build_object('sku', 'bench-' || n % $2::integer, 'delta', 1, 'reason', 'delivery')
     FROM generate_series(1, $1::integer) AS n`,
    [count, SKUS, kind],
  );
}

/** Waits until no item is waiting or in progress. */
export async function untilItemsDone(
  client: pg.ClientBase,
  signal: AbortSignal,
  intervalMs?: number,
): Promise<void> {
  await waitUntil(
    async () => {
      signal.throwIfAborted();
      const { rows } = await client.query(
        `SELECT 1 FROM work_items WHERE status IN ('pending', 'running') LIMIT 1`,
      );
      return rows.length === 0;
    },
    { what: 'the items are not done', timeoutMs: 600_000, ...(intervalMs !== undefined && { intervalMs }) },
  );
}

/** Returns how many effects the stock's ledger contains. */
export async function countEffects(client: pg.ClientBase): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    'SELECT count(*)::integer AS count FROM stock_ledger',
  );
  return rows[0]?.count ?? 0;
}
