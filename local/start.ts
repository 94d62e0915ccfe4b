/** `npm start` and, with --watch, `npm run dev`: starts the local stack, looks after it, and stops it in order. */
import { join } from 'node:path';
import pc from 'picocolors';
import {
  readCommandLine,
  requireNone,
  UsageError,
  usageText,
} from '../packages/durable-jobs/src/process/command-line.ts';
import { readEnvFile } from '../packages/durable-jobs/src/dev/env-file.ts';
import { projectRoot, stateDir } from './paths.ts';
import {
  claimStack,
  logFolder,
  readStack,
  stackPid,
  writeStack,
  type StackInfo,
} from '../packages/durable-jobs/src/dev/stack-file.ts';
import { createStack } from './stack.ts';
import { createSteps } from '../packages/durable-jobs/src/dev/steps.ts';
import { onStopRequest } from '../packages/durable-jobs/src/dev/stop-request.ts';
import type { SupervisorEvents } from '../packages/durable-jobs/src/dev/supervised-process.ts';
import { secondsSince, StoppedError } from '../packages/durable-jobs/src/dev/wait.ts';

process.exit(await runStart(process.argv.slice(2)));

/** Reads the command line, and runs the stack that it requests; returns the exit code. */
async function runStart(args: readonly string[]): Promise<number> {
  let watch: boolean;
  try {
    const { help, values, positionals } = readCommandLine(args, { watch: 'boolean' });
    if (help) {
      console.log(
        'Usage: npm start [-- --watch]\n\nStarts the local stack. With --watch, as `npm run dev`, it reloads on change.',
      );
      return 0;
    }
    requireNone(positionals);
    watch = values.watch === true;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(usageText(error));
    return 2;
  }
  return main(watch);
}

/** Runs until the stack has stopped, and returns the exit code. */
async function main(watch: boolean): Promise<number> {
  const release = claimStack(stateDir);
  if (!release) {
    console.error(
      `The stack of this clone is running already (process ${stackPid(stateDir) ?? 'unknown'}` +
        `${readStack(stateDir) ? `, API at ${readStack(stateDir)?.urls.api ?? ''}` : ''}). Stop it first.`,
    );
    return 1;
  }
  const begin = performance.now();
  const steps = createSteps(process.stdout);
  const stopping = new AbortController();
  let exitCode = 0;
  onStopRequest((reason) => {
    steps.print(`\nStopping (${reason}).`);
    stopping.abort(new StoppedError('stopped'));
  });
  const fail = (problem: string): void => {
    if (stopping.signal.aborted) return;
    exitCode = 1;
    steps.print(`\n${pc.red(problem)}`);
    stopping.abort(new StoppedError('failed'));
  };
  // A mistake in here must not leave anything behind either.
  process.on('uncaughtException', (error) => fail(error.stack ?? error.message));

  let ready = false;
  const events: SupervisorEvents = {
    died({ problem, tail, restartInMs }) {
      steps.print(
        `${pc.red(`! ${problem}`)}${tail === '' ? '' : `\n${tail}`}\n` +
          `  It is started again in ${restartInMs / 1000} s.`,
      );
      if (ready) writeStack(stateDir, stack.info());
    },
    restarted({ spec, pid }) {
      steps.print(`${pc.green('✓')} ${spec.name} runs again (process ${pid})`);
      if (ready) writeStack(stateDir, stack.info());
    },
    gaveUp({ spec, problem, tail }) {
      fail(`${spec.name} can not be kept running: ${problem}${tail === '' ? '' : `\n${tail}`}`);
    },
  };
  const stack = createStack({
    // What the shell has set wins over the file.
    env: { ...readEnvFile(join(projectRoot, '.env')), ...process.env },
    watch,
    steps,
    signal: stopping.signal,
    events,
  });

  steps.print(`${pc.bold('Starting durable-jobs')}${watch ? ', reloading on change' : ''}`);
  try {
    await stack.start();
    ready = true;
    writeStack(stateDir, stack.info());
    steps.print(welcome(stack.info(), secondsSince(begin)));
    await new Promise<void>((resolve) => {
      if (stopping.signal.aborted) resolve();
      else stopping.signal.addEventListener('abort', () => resolve(), { once: true });
    });
  } catch (error) {
    if (!stopping.signal.aborted) fail(error instanceof Error ? error.message : String(error));
  }
  ready = false;
  await stack.stop();
  release();
  steps.print(exitCode === 0 ? 'Everything has stopped.' : 'Stopped because of the failure above.');
  return exitCode;
}

/** What there is, and what to try first. */
function welcome({ urls, apiKey }: StackInfo, time: string): string {
  const rows = [
    ['API', urls.api],
    ['health', `${urls.api}/readyz, worker ${urls.workerHealth}/readyz`],
    ['metrics', `${urls.apiMetrics}, worker ${urls.workerHealth}/metrics`],
    ['Temporal Web UI', urls.temporalUi],
    ['inbox', urls.inbox],
    ['payment sandbox', urls.paymentSandbox],
    ['PostgreSQL', urls.database],
    ['API key', apiKey],
    ['logs', logFolder(stateDir)],
  ].flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [`  ${(name ?? '').padEnd(17)}${value}`],
  );
  // An address of its own for each start: the second registration of one is refused.
  const body = JSON.stringify({
    email: `ada+${Date.now().toString(36)}@example.com`,
    name: 'Ada',
    password: 'correct horse battery staple',
  });
  return [
    `\n${pc.green(pc.bold('Ready'))} in ${time}. Ctrl-C stops it.\n`,
    ...rows,
    '\nTry it: register a user, and see the email in the inbox.\n',
    `  curl -i ${urls.api}/api/auth/register -H 'content-type: application/json' \\`,
    `    -d '${body}'\n`,
  ].join('\n');
}
