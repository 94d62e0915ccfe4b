/**
 * `npm run bench:catch-up -- --rates 10,25,50,1000`: the latency of new work while the outbox relay works through a backlog, at different
 * rates. For each rate it starts a separate stack, registers two users per second, and adds overdue starts like those after an outage of
 * the engine. Prints the time from a registration to its email with and without the backlog, and how fast the backlog was processed.
 */
import './folder.ts';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { onStopRequest } from '../packages/durable-jobs/src/dev/stop-request.ts';
import { StoppedError, waitUntil } from '../packages/durable-jobs/src/dev/wait.ts';
import { readCountList } from './arguments.ts';
import { startBenchStack } from './stack.ts';

const NEW_WORK_EVERY_MS = 500;
const PHASE_MS = 25_000;
const LARGEST_PILE = 500;

process.exit(await main());

async function main(): Promise<number> {
  const rates = readCountList('bench:catch-up', 'rates', [10, 25, 50, 1_000]);
  const stopping = new AbortController();
  onStopRequest((reason) => stopping.abort(new StoppedError(`stopped (${reason})`)));
  const lines: string[] = [];
  try {
    for (const rate of rates) {
      lines.push(await measure(rate, stopping.signal));
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  } finally {
    console.log(`\n${lines.join('\n')}`);
  }
  return 0;
}

/** Measures one rate on a stack of its own, and tells it in a line. */
async function measure(rate: number, signal: AbortSignal): Promise<string> {
  const failing = new AbortController();
  const stack = await startBenchStack({
    env: {
      LOG_LEVEL: 'warn',
      OUTBOX_STARTS_PER_SECOND: String(rate),
      PUBLIC_RATE_LIMIT_PER_MINUTE: '1000000',
    },
    signal,
    died: (problem) => failing.abort(new Error(problem)),
  });
  const either = AbortSignal.any([signal, failing.signal]);
  const { urls } = stack.info();
  const database = new pg.Client({ connectionString: urls.database });
  try {
    await database.connect();
    await newWork(urls.api, 'warm', 10_000, either);
    await newWork(urls.api, 'alone', PHASE_MS, either);
    const pile = Math.min(LARGEST_PILE, Math.round((rate * PHASE_MS) / 1_000));
    const begin = performance.now();
    const lastOfPile = await addPile(database, pile);
    const beside = newWork(urls.api, 'beside', PHASE_MS, either);
    await waitUntil(
      async () => {
        const { rows } = await database.query<{ left: string }>(
          'SELECT count(*) AS left FROM outbox WHERE dispatched_at IS NULL AND id <= $1',
          [lastOfPile],
        );
        return Number(rows[0]?.left) === 0;
      },
      { what: 'the backlog was not processed', timeoutMs: 180_000, signal: either },
    );
    const seconds = (performance.now() - begin) / 1_000;
    await beside;
    const alone = await latencies(database, 'alone', either);
    const withPile = await latencies(database, 'beside', either);
    return (
      `${String(rate).padStart(5)}/s: ${pile} starts in ${seconds.toFixed(1)} s (${(pile / seconds).toFixed(1)}/s); ` +
      `new work alone ${alone}, beside it ${withPile}`
    );
  } finally {
    await database.end();
    await stack.stop();
  }
}

/** Registers a user every so often. */
async function newWork(api: string, phase: string, forMs: number, signal: AbortSignal): Promise<void> {
  const end = performance.now() + forMs;
  for (let n = 0; performance.now() < end; n++) {
    signal.throwIfAborted();
    const body = JSON.stringify({
      email: `${phase}-${n}@example.com`,
      name: phase,
      password: 'a long password',
    });
    const sending = fetch(`${api}/api/auth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      signal,
    });
    await delay(NEW_WORK_EVERY_MS, undefined, { signal });
    const { status } = await sending;
    if (status !== 201) throw new Error(`a registration returned ${status}`);
  }
}

/** Adds users whose welcome emails were committed and never started; returns the last entry's id. */
async function addPile(database: pg.Client, count: number): Promise<number> {
  await database.query(
    `WITH added AS (
      INSERT INTO users (email, name, password_hash)
      SELECT 'pile-' || n || '@example.com', 'pile', '' FROM generate_series(1, $1::integer) AS n RETURNING id)
    INSERT INTO outbox (job_type, job_id, input, next_attempt_at)
    SELECT 'sendWelcomeEmail', 'send-welcome-email:' || id, jsonb_build_object('userId', id), now() FROM added`,
    [count],
  );
  const { rows } = await database.query<{ id: string }>('SELECT max(id) AS id FROM outbox');
  return Number(rows[0]?.id);
}

/** From a registration to its email, in milliseconds: the median, and what nineteen of twenty stay below. */
async function latencies(database: pg.Client, phase: string, signal: AbortSignal): Promise<string> {
  const read = async (): Promise<{ ms: number | null }[]> => {
    const { rows } = await database.query<{ ms: number | null }>(
      `SELECT (extract(epoch FROM emails.sent_at - users.created_at) * 1000)::float AS ms
       FROM users LEFT JOIN emails ON emails.user_id = users.id WHERE users.name = $1 ORDER BY ms`,
      [phase],
    );
    return rows;
  };
  await waitUntil(async () => (await read()).every(({ ms }) => ms !== null), {
    what: 'an email for new work was not sent',
    timeoutMs: 120_000,
    signal,
  });
  const sorted = (await read()).map(({ ms }) => ms ?? NaN);
  const at = (share: number): string => (sorted[Math.floor((sorted.length - 1) * share)] ?? NaN).toFixed(0);
  return `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms`;
}
