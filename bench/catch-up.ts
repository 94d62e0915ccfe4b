/**
 * `npm run bench:catch-up -- --rates 10,25,50,1000`: the latency of new work while the outbox relay works through a backlog, at different
 * rates. For each rate it starts a separate stack, registers two users per second, and adds overdue starts like those after an outage of
 * the engine. Prints the time from a registration to its email with and without the backlog, and how fast the backlog was started. For
 * comparison, it makes as many starts of the same job with the client alone, as many at once as the relay makes at most. It does the same with
 * starts that are due in a year, which cost the workers nothing and so show what the relay and the engine do alone.
 */
import './folder.ts';
import pg from 'pg';
import { onStopRequest } from '../packages/durable-jobs/src/dev/stop-request.ts';
import { StoppedError } from '../packages/durable-jobs/src/dev/wait.ts';
import { readCountList } from './arguments.ts';
import { quantile } from './figures.ts';
import { addPile, addUsers, emailTimes, newWork, startRaw, untilStarted } from './overdue.ts';
import { startBenchStack } from './stack.ts';

const PHASE_MS = 25_000;
const LARGEST_PILE = 500;
/** Starts that are due in a year. */
const DELAYED = 300;

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
    const delayed = await measureDelayed(urls.temporalAddress, database, either);
    const raw = await addUsers(database, 'raw', pile);
    const [rawPerSecond] = await Promise.all([
      startRaw(urls.temporalAddress, raw),
      newWork(urls.api, 'raw', PHASE_MS, either),
    ]);
    const withRaw = await latencies(database, 'raw', either);
    await latencies(database, 'pile', either);
    const relayed = await addUsers(database, 'relay', pile);
    const begin = performance.now();
    const lastOfPile = await addPile(database, relayed);
    const untilRelayed = async (): Promise<number> => {
      await untilStarted(database, lastOfPile, either);
      return (performance.now() - begin) / 1_000;
    };
    const [seconds] = await Promise.all([untilRelayed(), newWork(urls.api, 'beside', PHASE_MS, either)]);
    const alone = await latencies(database, 'alone', either);
    const withPile = await latencies(database, 'beside', either);
    return (
      `${String(rate).padStart(5)}/s: ${delayed}; ${pile} starts in ${seconds.toFixed(1)} s (${(pile / seconds).toFixed(1)}/s, ` +
      `client alone ${rawPerSecond.toFixed(1)}/s); new work alone ${alone}, beside it ${withPile}, beside the client's ${withRaw}`
    );
  } finally {
    await database.end();
    await stack.stop();
  }
}

/** Measures starts that are due in a year. */
async function measureDelayed(address: string, database: pg.Client, signal: AbortSignal): Promise<string> {
  const inAYear = new Date(Date.now() + 365 * 86_400_000);
  const rawPerSecond = await startRaw(address, await addUsers(database, 'raw-delayed', DELAYED), inAYear);
  const userIds = await addUsers(database, 'delayed', DELAYED);
  const begin = performance.now();
  await untilStarted(database, await addPile(database, userIds, inAYear), signal);
  const perSecond = (DELAYED * 1_000) / (performance.now() - begin);
  // They would count as emails that are not sent.
  await database.query(`UPDATE users SET name = 'delayed' WHERE email LIKE '%delayed-pile-%'`);
  return `delayed ${perSecond.toFixed(1)}/s, client alone ${rawPerSecond.toFixed(1)}/s`;
}

/** Describes how long the emails of new work took: the median, and what nineteen of twenty stay below. */
async function latencies(database: pg.Client, phase: string, signal: AbortSignal): Promise<string> {
  const times = await emailTimes(database, phase, signal);
  const at = (share: number): string => quantile(times, share).toFixed(0);
  return `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms`;
}
