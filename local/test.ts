/** `npm test`: gets the parts that the tests need, showing progress, and runs them. Arguments are vitest's. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import {
  createSteps,
  guardProcess,
  onStopRequest,
  releaseProcess,
  resolveTemporalCli,
  StoppedError,
} from 'durable-jobs/dev';
import { buildTemporal } from './build-temporal.ts';
import { projectRoot } from './paths.ts';
import { resolveHelm } from '../test/support/servers/helm.ts';
import { resolveStripeMock } from '../test/support/servers/stripe-mock.ts';
import { resolveTimeSkippingServer, type Part } from '../test/support/servers/time-skipping-server.ts';

process.exit(await main(process.argv.slice(2)));

async function main(args: readonly string[]): Promise<number> {
  const stopping = new AbortController();
  onStopRequest(() => stopping.abort(new StoppedError('stopped')));
  try {
    if (!args.includes('--help') && !args.includes('-h')) await prepare(projectsOf(args), stopping.signal);
    return await runVitest(args, stopping.signal);
  } catch (error) {
    if (stopping.signal.aborted) return 130;
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
}

/** The projects that `--project` names; undefined for all. */
function projectsOf(args: readonly string[]): string[] | undefined {
  const names = args.flatMap((arg, index) => {
    if (arg === '--project') return args[index + 1] ?? [];
    return arg.startsWith('--project=') ? arg.slice('--project='.length) : [];
  });
  return names.length === 0 ? undefined : names;
}

/** Gets what takes long, so that it is seen to work: the set-up of the tests finds it in the cache then. */
async function prepare(projects: string[] | undefined, signal: AbortSignal): Promise<void> {
  const steps = createSteps(process.stdout);
  const needed = (...names: string[]): boolean =>
    projects?.some((project) => names.includes(project)) ?? true;
  const describe = (part: Part): string => part.path ?? part.howToGet;
  if (needed('integration', 'crash', 'e2e')) {
    await steps.run(
      'Temporal CLI',
      (report) => resolveTemporalCli(report, { signal, build: buildTemporal }),
      (cli) => `${cli.path} (${cli.source})`,
    );
  }
  if (needed('workflows')) {
    await steps.run('time-skipping', (report) => resolveTimeSkippingServer(report, { signal }), describe);
  }
  if (needed('unit')) {
    await steps.run('Helm', (report) => resolveHelm(report, { signal }), describe);
  }
  if (needed('integration')) {
    await steps.run('stripe-mock', (report) => resolveStripeMock(report, { signal }), describe);
  }
}

async function runVitest(args: readonly string[], signal: AbortSignal): Promise<number> {
  signal.throwIfAborted();
  const vitest = spawn(
    process.execPath,
    [join(projectRoot, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...args],
    { cwd: projectRoot, stdio: 'inherit', detached: process.platform !== 'win32' },
  );
  const { pid } = vitest;
  if (pid !== undefined) guardProcess(pid, { signal: 'SIGTERM', graceMs: 5_000 });
  const stop = (): void => void vitest.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  const code = await new Promise<number>((resolve, reject) => {
    vitest.once('error', reject);
    vitest.once('exit', (exitCode) => resolve(exitCode ?? 1));
  });
  if (pid !== undefined) {
    try {
      // Servers that its tests have started and that it could not stop any more.
      if (process.platform !== 'win32') process.kill(-pid, 'SIGKILL');
    } catch {
      // None is left.
    }
    releaseProcess(pid);
  }
  return signal.aborted ? 130 : code;
}
