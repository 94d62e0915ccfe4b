/**
 * A worker whose items have the effect of `adjust-stock`, and are processed together: `work-together.ts <database URL> <port> <concurrency>`. It
 * responds on the port as soon as it works.
 */
import { createServer } from 'node:http';
import { sql } from 'kysely';
import { adjustStock } from '../activities/work-items/adjust-stock.ts';
import type { Trx } from '../domain/database/schema.ts';
import { connectDatabase } from '../packages/durable-jobs/src/database/connect.ts';
import { runHosted } from '../packages/durable-jobs/src/hosted-services/host.ts';
import { ownServices } from '../packages/durable-jobs/src/hosted-services/own-services.ts';
import { createLogger } from '../packages/durable-jobs/src/telemetry/logger.ts';
import { defineWorkItem } from '../packages/durable-jobs/src/work-queue/define-work-item.ts';
import { createWorkQueueService } from '../packages/durable-jobs/src/work-queue/service.ts';
import { createWorkKinds } from '../packages/durable-jobs/src/work-queue/work-kinds.ts';
import { TOGETHER } from './work-items.ts';

const adjustTogether = defineWorkItem({
  ...adjustStock,
  kind: TOGETHER,
  async applyAll(trx: Trx, items) {
    const payloads = items.map(({ payload }) => payload);
    const { rows } = await sql<{ available: number }>`
      WITH item AS MATERIALIZED (
        SELECT * FROM unnest(
          ${items.map(({ workItemId }) => workItemId)}::uuid[], ${payloads.map(({ sku }) => sku)}::text[],
          ${payloads.map(({ delta }) => delta)}::integer[], ${payloads.map(({ reason }) => reason)}::text[]
        ) WITH ORDINALITY AS item (id, sku, delta, reason, place)),
      level AS MATERIALIZED (
        SELECT sku, available FROM stock_levels WHERE sku IN (SELECT sku FROM item) ORDER BY sku FOR UPDATE),
      change AS MATERIALIZED (
        SELECT item.*, available + sum(delta) OVER (PARTITION BY sku ORDER BY place) AS level_after
        FROM item JOIN level USING (sku)),
      changed AS (
        UPDATE stock_levels SET available = last.level_after
        FROM (SELECT DISTINCT ON (sku) sku, level_after FROM change ORDER BY sku, place DESC) AS last
        WHERE stock_levels.sku = last.sku)
      INSERT INTO stock_ledger (work_item_id, sku, delta, level_after, reason)
      SELECT id, sku, delta, level_after, reason FROM change ORDER BY place
      RETURNING level_after AS available`.execute(trx);
    if (rows.length < items.length) throw new Error('one of the changes is not possible');
    return rows;
  },
});

const [databaseUrl = '', port, slots] = process.argv.slice(2);
const concurrency = Number(slots);
const logger = createLogger('work-together', 'warn');
const db = connectDatabase(databaseUrl, {
  poolSize: concurrency + 5,
  logger,
  applicationName: 'work-together',
});
const stopping = new AbortController();
process.once('SIGTERM', () => stopping.abort('the benchmark is over'));
const server = createServer((_request, response) => response.end()).listen(Number(port), '127.0.0.1');
await runHosted({
  service: {
    ...ownServices['work-queue'],
    ...createWorkQueueService({ kinds: createWorkKinds([adjustTogether]), concurrency }),
  },
  db,
  database: databaseUrl,
  worker: 'work-together',
  isShare: true,
  logger,
  signal: stopping.signal,
});
await db.destroy();
server.close();
