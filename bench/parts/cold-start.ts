import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { typescriptFlags } from '../../local/node-flags.mjs';
import { projectRoot } from '../../local/paths.ts';
import { ports } from '../../local/stack.ts';
import { guardProcess, releaseProcess } from '../../packages/durable-jobs/src/dev/guard.ts';
import { reservePort } from '../../packages/durable-jobs/src/dev/ports.ts';
import { answersOk } from '../../packages/durable-jobs/src/dev/stack-environment.ts';
import { waitUntil } from '../../packages/durable-jobs/src/dev/wait.ts';
import { folder } from '../folder.ts';
import { definePart, type PartContext } from '../part.ts';

/** How often readiness is checked, which limits the precision. */
const LOOK_MS = 20;

/** The time until things run. */
export const coldStart = definePart({
  name: 'cold-start',
  title: 'Cold start',
  about:
    'The time from starting a command until it is ready. `npm start` is warm: its data exists, and nothing has to be installed or downloaded; it is ready when the API and ' +
    'the worker are. A worker is ready when it polls, beside a running stack. Goals: under 5 s, and under 2 s with a prebuilt bundle.',
  sizes: {},
  figures: [{ key: 'seconds', label: 'seconds until ready', better: 'less', digits: 2 }],
  warmUp: true,
  async open(_sizes, context) {
    const stack = await context.startStack({ env: {} });
    return [
      { name: 'npm start', measure: async () => ({ seconds: await timeOfNpmStart(context) }) },
      {
        name: 'worker',
        note: context.built ? 'with a prebuilt bundle' : 'from its sources: it bundles its workflows first',
        measure: async () => {
          const begin = performance.now();
          const worker = await stack.addWorker();
          const seconds = (performance.now() - begin) / 1_000;
          await worker.stop();
          return { seconds };
        },
      },
    ];
  },
});

/** Starts the local stack like `npm start`, in a folder of its own, and stops it. */
async function timeOfNpmStart({ signal }: PartContext): Promise<number> {
  const free: Record<string, string> = {};
  for (const variable of Object.keys(ports)) {
    const { port, release } = await reservePort();
    free[variable] = String(port);
    release();
  }
  const url = (variable: string): string => `http://127.0.0.1:${free[variable] ?? ''}/readyz`;
  const isReady = [answersOk(url('API_PORT')), answersOk(url('WORKER_HEALTH_PORT'))];
  const begin = performance.now();
  const child = spawn(process.execPath, [...typescriptFlags, 'local/start.ts'], {
    cwd: projectRoot,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      ...free,
      DURABLE_JOBS_STATE: join(folder, 'npm-start'),
    },
    stdio: 'ignore',
    detached: true,
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const pid = child.pid ?? 0;
  guardProcess(pid, { signal: 'SIGTERM', graceMs: 20_000 });
  try {
    await waitUntil(
      async (attempt) => (await Promise.all(isReady.map((ready) => ready(attempt)))).every(Boolean),
      { what: 'npm start is not ready', timeoutMs: 180_000, intervalMs: LOOK_MS, signal },
    );
    return (performance.now() - begin) / 1_000;
  } finally {
    child.kill('SIGTERM');
    await exited;
    releaseProcess(pid);
  }
}
