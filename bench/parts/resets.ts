import { setTimeout as delay } from 'node:timers/promises';
import { waitUntil } from '../../packages/durable-jobs/src/dev/wait.ts';
import { connect } from '../connect.ts';
import { quantile } from '../figures.ts';
import { inParallel } from '../in-parallel.ts';
import { watchMemory } from '../memory.ts';
import { definePart } from '../part.ts';

/** Requests at a time. */
const CLIENTS = 20;
const MINUTE_MS = 60_000;
/** The share of the delay in which the due ones are requested: a minute of five. */
const SPREAD = 0.2;

/** Password resets that wait, of which some are due within a minute. */
export const resets = definePart({
  name: 'resets',
  title: 'Waiting resets',
  about:
    'Password resets are requested over HTTP, the due ones at a steady rate over a minute, the others as fast as possible after them, and all wait for the same delay. How late ' +
    'the emails of the due ones are: from the moment at which the wait ends until the mail server has accepted the email. Goal: p99 under 2 s.',
  sizes: { waiting: 10_000, due: 1_000, 'delay-seconds': 300 },
  figures: [
    { key: 'latenessP99', label: 'lateness: p99, ms', better: 'less' },
    { key: 'latenessP50', label: 'p50, ms', better: 'less' },
    { key: 'worker', label: 'worker, MiB', better: 'less' },
    { key: 'api', label: 'API, MiB', better: 'less' },
    { key: 'temporal', label: 'engine, MiB', better: 'less' },
  ],
  rounds: 1,
  warmUp: false,
  async open(sizes, context) {
    const { waiting, due } = sizes;
    const delayMs = sizes['delay-seconds'] * 1_000;
    const { signal } = context;
    const stack = await context.startStack({
      env: { PASSWORD_RESET_DELAY: `${sizes['delay-seconds']}s`, PUBLIC_RATE_LIMIT_PER_MINUTE: '10000000' },
    });
    const { urls, processes } = stack.info();
    const database = await connect(urls.database, context);
    const { worker = 0, api = 0, temporal = 0 } = processes;
    const request = async (n: number): Promise<void> => {
      const { status } = await fetch(`${urls.api}/api/auth/forgot-password`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: `reset-${n}@example.com` }),
        signal,
      });
      if (status !== 200) throw new Error(`a request for a reset returned ${status}`);
    };
    return [
      {
        name: `${waiting.toLocaleString('en')} waiting, ${due.toLocaleString('en')} due within a minute`,
        measure: async () => {
          await database.query(
            `INSERT INTO users (email, name, password_hash)
             SELECT 'reset-' || n || '@example.com', 'reset', '' FROM generate_series(0, $1::integer - 1) AS n`,
            [waiting],
          );
          const begin = performance.now();
          for (let n = 0; n < due; n++) {
            await request(n);
            const next = begin + ((n + 1) * SPREAD * delayMs) / due;
            await delay(Math.max(0, next - performance.now()), undefined, { signal });
          }
          await inParallel(waiting - due, CLIENTS, (n) => request(due + n));
          const requestedMs = performance.now() - begin;
          if (requestedMs > delayMs)
            throw new Error(
              `the requests took ${Math.round(requestedMs / 1_000)} s, more than the delay: choose a longer --delay-seconds`,
            );
          const stopWatching = await watchMemory({ worker, api, temporal });
          const lateness = async (): Promise<number[]> => {
            const { rows } = await database.query<{ ms: number }>(
              `SELECT extract(epoch FROM emails.sent_at - resets.requested_at)::float8 * 1000 - $2::integer AS ms
               FROM password_resets AS resets JOIN users USING (email) JOIN emails ON emails.user_id = users.id
               WHERE emails.sent_at IS NOT NULL AND split_part(split_part(email, '@', 1), '-', 2)::integer < $1`,
              [due, delayMs],
            );
            return rows.map(({ ms }) => ms);
          };
          await waitUntil(async () => (await lateness()).length === due, {
            what: 'the emails of the due resets were not sent',
            timeoutMs: delayMs + 10 * MINUTE_MS,
            intervalMs: 1_000,
            signal,
          });
          const figures = await stopWatching();
          const times = await lateness();
          return {
            latenessP99: quantile(times, 0.99),
            latenessP50: quantile(times, 0.5),
            requestsPerSecond: (waiting * 1_000) / requestedMs,
            worker: figures.worker.max,
            api: figures.api.max,
            temporal: figures.temporal.max,
          };
        },
      },
    ];
  },
});
