/**
 * `npm run fuzz`: Schemathesis sends requests that are derived from the OpenAPI document, valid ones and others, to a stack of its own: as an
 * operator, as a viewer and without a key. Afterwards, both processes must still be those that were started, and every accepted row must have
 * its job. Prints a table, and the seed with which `--seed` repeats the run. Exits with 0 if nothing was wrong.
 */
import { folder } from '../../bench/folder.ts';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { readCounts } from '../../bench/arguments.ts';
import { startBenchStack } from '../../bench/stack.ts';
import type { Database, Db } from '../../domain/database/schema.ts';
import { LOCAL_API_KEY } from '../../packages/durable-jobs/src/config/config.ts';
import { connectDatabase } from '../../packages/durable-jobs/src/database/connect.ts';
import { onStopRequest } from '../../packages/durable-jobs/src/dev/stop-request.ts';
import { StoppedError, waitUntil } from '../../packages/durable-jobs/src/dev/wait.ts';
import { createLogger } from '../../packages/durable-jobs/src/telemetry/logger.ts';
import { makeKey } from '../support/make-key.ts';
import { resolvePythonEnvironment } from '../support/servers/python-environment.ts';

/** What every answer must be. Without a key, most requests are refused before their content is looked at. */
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
];
const CHECKS_OF_OPERATORS = [...CHECKS, 'negative_data_rejection'];

/** Streams that last, and the end of the session that sends the requests. */
const LEFT_OUT = '/events$|^/logout$';

/** After the last request, for starts that wait for the relay. */
const SETTLE_MS = 120_000;

/** Who sends the requests. */
interface Sender {
  name: string;
  headers: Record<string, string>;
  checks: readonly string[];
}

process.exit(await main());

async function main(): Promise<number> {
  const { examples, seed } = readCounts('fuzz', { examples: 15, seed: randomInt(1, 1_000_000_000) });
  const { bin, howToGet } = await resolvePythonEnvironment('schemathesis', (text) => console.log(text));
  if (bin === undefined) {
    console.error(`Schemathesis is missing ${howToGet}`);
    return 1;
  }
  const stopping = new AbortController();
  onStopRequest((reason) => stopping.abort(new StoppedError(`stopped (${reason})`)));
  const died: string[] = [];
  let stop: (() => Promise<void>) | undefined;
  try {
    const stack = await startBenchStack({
      env: { PUBLIC_RATE_LIMIT_PER_MINUTE: '100000', KEY_FAILURES_PER_MINUTE: '1000000' },
      signal: stopping.signal,
      died: (problem) => died.push(problem),
    });
    stop = stack.stop;
    const { urls } = stack.info();
    const db = connectDatabase<Database>(urls.database, {
      poolSize: 2,
      logger: createLogger('fuzz', 'silent'),
      applicationName: 'fuzz',
    });
    try {
      const viewer = await makeKey(db, 'viewer');
      const senders: Sender[] = [
        {
          name: 'operator',
          headers: { authorization: `Bearer ${LOCAL_API_KEY}` },
          checks: CHECKS_OF_OPERATORS,
        },
        { name: 'viewer', headers: viewer.headers, checks: CHECKS },
        { name: 'no key', headers: {}, checks: CHECKS },
      ];
      const faults: string[] = [];
      for (const sender of senders) {
        const run = await send(
          join(bin, 'schemathesis'),
          urls.api,
          sender,
          { examples, seed },
          stopping.signal,
        );
        console.log(`${sender.name}: ${run.summary}`);
        if (run.code !== 0) faults.push(`as ${sender.name}:\n${run.output}`);
      }
      faults.push(...died, ...(await brokenPromises(db)));
      for (const fault of faults) console.error(`\n${fault}`);
      console.log(`\n${faults.length === 0 ? 'Nothing was wrong' : 'Something was wrong'}; seed ${seed}`);
      return faults.length === 0 ? 0 : 1;
    } finally {
      await db.destroy();
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  } finally {
    await stop?.();
  }
}

/** Runs Schemathesis as a sender; its output is returned without escape sequences. */
async function send(
  schemathesis: string,
  api: string,
  sender: Sender,
  { examples, seed }: { examples: number; seed: number },
  signal: AbortSignal,
): Promise<{ code: number | null; summary: string; output: string }> {
  const began = performance.now();
  const args = ['run', `${api}/openapi.json`, '--exclude-path-regex', LEFT_OUT];
  for (const [name, value] of Object.entries(sender.headers)) args.push('--header', `${name}: ${value}`);
  args.push('--checks', sender.checks.join(','), '--phases', 'examples,coverage,fuzzing');
  args.push('--max-examples', String(examples), '--seed', String(seed), '--workers', '2');
  args.push('--request-timeout', '30', '--continue-on-failure', '--no-color', '--warnings', 'off');
  const child = spawn(schemathesis, args, {
    // It keeps what it found beside it.
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      SCHEMATHESIS_HOOKS: 'hooks',
      PYTHONPATH: fileURLToPath(new URL('.', import.meta.url)),
    },
    signal,
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('close', resolve);
    child.once('error', reject);
  });
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) lines.push(line);
  const code = await ended;
  const cases = lines.find((line) => /^\s*\d+ generated/.test(line))?.trim() ?? 'no summary';
  const seconds = Math.round((performance.now() - began) / 1_000);
  return { code, summary: `${cases} in ${seconds} s`, output: lines.join('\n') };
}

/** Returns which promises the rows break that the requests have left behind. */
async function brokenPromises(db: Db): Promise<string[]> {
  const openStarts = async (): Promise<number> => {
    const { n } = await db
      .selectFrom('outbox')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .where('outcome', 'is', null)
      .where('isHeld', '=', false)
      .where((eb) => eb.or([eb('startAt', 'is', null), eb('startAt', '<=', sql<Date>`now()`)]))
      .executeTakeFirstOrThrow();
    return n;
  };
  const broken: string[] = [];
  try {
    await waitUntil(async () => (await openStarts()) === 0, { what: 'the last start', timeoutMs: SETTLE_MS });
  } catch {
    broken.push(`${await openStarts()} starts that are due were not made.`);
  }
  for (const { rows, jobs } of [
    { rows: 'orders', jobs: 'process-order:' },
    { rows: 'users', jobs: 'send-welcome-email:' },
    { rows: 'bulk_jobs', jobs: 'process-bulk:' },
  ]) {
    const { rows: found } = await sql<{ id: string }>`
      SELECT id FROM ${sql.table(rows)} AS accepted
      WHERE NOT EXISTS (SELECT FROM durable_jobs.outbox WHERE job_id = ${jobs} || accepted.id)`.execute(db);
    if (found.length > 0)
      broken.push(`${found.length} of ${rows} have no job: ${found.map(({ id }) => id).join(', ')}.`);
  }
  return broken;
}
