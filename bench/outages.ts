/**
 * `npm run bench:outages -- --seconds 60`: stops the mail server, the database and the engine one after the other, each for that time, and
 * kills the worker, while work of each kind arrives; then waits until everything is done and counts the effects. Exits with 0 if everything
 * that was accepted took effect exactly once.
 */
import './folder.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { onStopRequest } from '../packages/durable-jobs/src/dev/stop-request.ts';
import { StoppedError, waitUntil } from '../packages/durable-jobs/src/dev/wait.ts';
import { readCounts } from './arguments.ts';
import { countEffects, type EffectCount } from './outages/effects.ts';
import { startLoad } from './outages/load.ts';
import { startBenchStack, type BenchStack } from './stack.ts';

const DEFAULT_SECONDS = 60;
/** Between two outages: long enough for what waited to be done. */
const UP_MS = 20_000;
/** Work that backs off after an outage of a minute comes again within minutes. */
const SETTLE_MS = 600_000;

process.exit(await main());

async function main(): Promise<number> {
  const { seconds } = readCounts('bench:outages', { seconds: DEFAULT_SECONDS });
  const stopping = new AbortController();
  onStopRequest((reason) => stopping.abort(new StoppedError(`stopped (${reason})`)));
  let stack: BenchStack | undefined;
  try {
    stack = await startBenchStack({
      env: { LOG_LEVEL: 'warn', PUBLIC_RATE_LIMIT_PER_MINUTE: '10000' },
      signal: stopping.signal,
      // A stopped server breaks its users' connections; a process of ours that ends is a failure.
      died: (problem) => console.log(`  ! ${problem}`),
    });
    return await run(stack, seconds, stopping.signal);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  } finally {
    await stack?.stop();
  }
}

async function run(stack: BenchStack, seconds: number, signal: AbortSignal): Promise<number> {
  const load = await startLoad(stack.info());
  await delay(UP_MS, undefined, { signal });
  for (const part of ['inbox', 'postgres', 'temporal'] as const) {
    console.log(`${time()}  ${part} is taken away for ${seconds} s`);
    await stack.outage(part, seconds * 1_000);
    console.log(`${time()}  ${part} is back`);
    await delay(UP_MS, undefined, { signal });
  }
  const worker = stack.info().processes.worker;
  if (worker === undefined) throw new Error('the worker does not run');
  console.log(`${time()}  the worker is killed`);
  process.kill(worker, 'SIGKILL');
  await delay(UP_MS, undefined, { signal });
  await load.stop();

  console.log(`${time()}  waiting until all is done`);
  const start = performance.now();
  let counts: EffectCount[] = [];
  await waitUntil(
    async () => {
      counts = await countEffects(stack.info(), load.accepted);
      return counts.every(({ accepted, done }) => done === accepted);
    },
    { what: 'not everything is done', timeoutMs: SETTLE_MS, intervalMs: 2_000, signal },
  ).catch((error: unknown) => console.error(error instanceof Error ? error.message : error));
  console.log(`${time()}  done after ${((performance.now() - start) / 1_000).toFixed(0)} s more\n`);
  for (const { kind, accepted, done, repeated } of counts) {
    console.log(`${kind.padEnd(26)}${accepted} accepted, ${done} done, ${repeated} more than once`);
  }
  console.log('\nWhat clients were told meanwhile, before they sent the same again:');
  for (const [what, times] of load.refusals) console.log(`  ${String(times).padStart(5)} × ${what}`);
  return counts.length > 0 &&
    counts.every(({ accepted, done, repeated }) => done === accepted && repeated === 0)
    ? 0
    : 1;
}

function time(): string {
  return new Date().toISOString().slice(11, 19);
}
