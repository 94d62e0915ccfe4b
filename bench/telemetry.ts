/**
 * `npm run bench:telemetry -- off|on`: what tracing costs. It starts a stack of its own, without tracing or with every trace sent
 * to a collector, and measures requests a second, the time from an accepted registration to its sent email, and the
 * processor time of both, which a busy machine changes least.
 */
import './folder.ts';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { waitUntil } from '../packages/durable-jobs/src/dev/wait.ts';
import { readMode } from './arguments.ts';
import { startBenchStack } from './stack.ts';

const REQUESTS = 5_000;
const CONNECTIONS = 20;
const JOBS = 200;

process.exit(await measure(readMode('bench:telemetry', ['off', 'on'])));

async function measure(tracing: 'off' | 'on'): Promise<number> {
  const collector = createServer((request, response) => {
    request.resume().on('end', () => response.end());
  });
  collector.listen(0, '127.0.0.1');
  await once(collector, 'listening');
  const { port } = collector.address() as AddressInfo;
  const stack = await startBenchStack({
    env: {
      LOG_LEVEL: 'info',
      PUBLIC_RATE_LIMIT_PER_MINUTE: '100000',
      ...(tracing === 'on' && { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` }),
    },
    signal: new AbortController().signal,
    died: (problem) => {
      console.error(problem);
      process.exit(1);
    },
  });
  try {
    const { urls, apiKey } = stack.info();
    const ask = async (method: string, path: string, body?: object): Promise<void> => {
      const response = await fetch(urls.api + path, {
        method,
        headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      });
      if (!response.ok) throw new Error(`${path} answers ${response.status}: ${await response.text()}`);
      await response.arrayBuffer();
    };
    await ask('PUT', '/api/stock/bench', { available: 1 });
    const read = (): Promise<void> => ask('GET', '/api/stock/bench');
    await inParallel(500, read);
    const cpu = async (): Promise<number> =>
      (await cpuSeconds(urls.apiMetrics)) + (await cpuSeconds(`${urls.workerHealth}/metrics`));
    const cpuBefore = await cpu();
    const begin = performance.now();
    await inParallel(REQUESTS, read);
    const perSecond = (REQUESTS / (performance.now() - begin)) * 1000;
    const cpuAfter = await cpu();
    for (let index = 0; index < JOBS; index++) {
      await ask('POST', '/api/auth/register', {
        email: `bench-${index}@example.com`,
        name: 'Bench',
        password: 'correct horse battery',
      });
    }
    const latencies = await latenciesOf(urls.database);
    const cpuAtEnd = await cpu();
    const each = (seconds: number, count: number): string => ((seconds / count) * 1000).toFixed(2);
    const at = (part: number): string => (latencies[Math.floor(latencies.length * part)] ?? NaN).toFixed(0);
    console.log(
      `\ntracing ${tracing}: ${perSecond.toFixed(0)} requests/s over ${CONNECTIONS} connections, ` +
        `${each(cpuAfter - cpuBefore, REQUESTS)} ms of processor time each`,
    );
    console.log(
      `accepted to email sent, ${latencies.length} jobs: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, ` +
        `${each(cpuAtEnd - cpuAfter, JOBS)} ms of processor time each`,
    );
    return 0;
  } finally {
    await stack.stop();
    collector.closeAllConnections();
    collector.close();
  }
}

async function inParallel(count: number, work: () => Promise<void>): Promise<void> {
  let left = count;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await work();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
}

/** The processor time that a process has used, by its own metrics. */
async function cpuSeconds(metricsUrl: string): Promise<number> {
  const text = await (await fetch(metricsUrl)).text();
  return Number(/^process_cpu_seconds_total (\S+)$/m.exec(text)?.[1]);
}

/** From the row of a user to the mark that the email was sent, in milliseconds, in ascending order. */
async function latenciesOf(url: string): Promise<number[]> {
  const database = new pg.Client({ connectionString: url });
  await database.connect();
  try {
    let found: number[] = [];
    await waitUntil(
      async () => {
        const { rows } = await database.query<{ ms: number }>(
          `SELECT extract(epoch FROM sent_at - users.created_at)::float8 * 1000 AS ms
           FROM emails JOIN users ON users.id = user_id WHERE sent_at IS NOT NULL ORDER BY 1`,
        );
        found = rows.map(({ ms }) => ms);
        return found.length === JOBS;
      },
      { what: 'the emails are not sent', timeoutMs: 60_000 },
    );
    return found;
  } finally {
    await database.end();
  }
}
