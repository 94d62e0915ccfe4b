import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { BulkApi } from '../../tools/bulk/api.ts';
import { connect } from '../connect.ts';
import { median } from '../figures.ts';
import { emailTimes, register } from '../overdue.ts';
import { definePart, type Contender } from '../part.ts';
import { products } from '../products.ts';
import { addStockLevels, enqueueItems, untilItemsDone } from '../work-items.ts';

const POLL_MS = 50;
/** Registrations that are measured beside waiting rows. */
const REGISTRATIONS = 30;

/** How the time per unit grows with the number of units. */
export const growth = definePart({
  name: 'growth',
  title: 'Growth',
  about:
    'The time per unit at 1,000, 10,000 and 100,000 units, and at more with `--most`. Bulk items and work items: the time to process them, per item. Waiting starts in the outbox and ' +
    'users: the median time of a registration until its email was sent, beside that many. Goal: flat within 20 %.',
  sizes: { most: 100_000 },
  figures: [{ key: 'msPerUnit', label: 'ms per unit', better: 'less', digits: 3 }],
  rounds: 1,
  warmUp: false,
  async open({ most }, context) {
    const { signal } = context;
    const stack = await context.startStack({
      env: {
        BULK_MAX_ITEMS: String(Math.max(most, 1_000_000)),
        WORK_QUEUE_CONCURRENCY: '10',
        DATABASE_POOL_SIZE: '15',
        PUBLIC_RATE_LIMIT_PER_MINUTE: '1000000',
      },
    });
    const { urls, apiKey } = stack.info();
    const database = await connect(urls.database, context);
    await addStockLevels(database);
    const api = new BulkApi({ url: urls.api, apiKey });
    const counts = [1_000, 10_000, 100_000, 1_000_000].filter((count) => count <= Math.max(most, 1_000));

    const processing = (name: string, work: (count: number) => Promise<void>): Contender[] =>
      counts.map((count) => ({
        name: `${name}: ${count.toLocaleString('en')}`,
        measure: async () => {
          const begin = performance.now();
          await work(count);
          return { msPerUnit: (performance.now() - begin) / count };
        },
      }));
    const beside = (name: string, counting: string, add: (count: number) => Promise<unknown>): Contender[] =>
      counts.map((count) => ({
        name: `registration beside ${count.toLocaleString('en')} ${name}`,
        measure: async () => {
          const { rows } = await database.query<{ count: number }>(counting);
          await add(Math.max(0, count - (rows[0]?.count ?? 0)));
          await database.query('ANALYZE users, outbox');
          const phase = randomUUID();
          for (let n = 0; n < REGISTRATIONS; n++) {
            await register(urls.api, phase, n, signal);
            await emailTimes(database, phase, signal);
          }
          return { msPerUnit: median(await emailTimes(database, phase, signal)) };
        },
      }));

    return [
      ...processing('bulk items', async (count) => {
        const { id } = await api.upload(
          { task: 'import-products', type: 'application/x-ndjson', items: Readable.from(products(count)) },
          signal,
        );
        while ((await api.read(id, 1)).status !== 'completed') await delay(POLL_MS, undefined, { signal });
      }),
      ...processing('work items', async (count) => {
        await enqueueItems(database, count);
        await untilItemsDone(database, signal, POLL_MS);
      }),
      ...beside('users', 'SELECT count(*)::integer AS count FROM users', (count) =>
        database.query(
          `INSERT INTO users (email, name, password_hash)
           SELECT gen_random_uuid() || '@example.com', 'growth', '' FROM generate_series(1, $1::integer)`,
          [count],
        ),
      ),
      // As after failed attempts: they are due in a year.
      ...beside(
        'waiting starts',
        'SELECT count(*)::integer AS count FROM outbox WHERE dispatched_at IS NULL',
        (count) =>
          database.query(
            `INSERT INTO outbox (job_type, job_id, input, next_attempt_at)
           SELECT 'sendWelcomeEmail', 'send-welcome-email:' || id, jsonb_build_object('userId', id), now() + interval '1 year'
           FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, $1::integer)) AS ids`,
            [count],
          ),
      ),
    ];
  },
});
