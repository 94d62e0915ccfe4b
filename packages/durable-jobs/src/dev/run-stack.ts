import pc from 'picocolors';
import { errorMessage } from '../process/errors.ts';
import { claimStack, readStack, stackPid, writeStack, type StackInfo } from './stack-file.ts';
import type { Stack, StackOptions } from './stack.ts';
import { createSteps, type Steps } from './steps.ts';
import { onStopRequest } from './stop-request.ts';
import type { Ended, SupervisorEvents } from './supervisor.ts';
import { secondsSince, StoppedError } from './wait.ts';
import { watchFiles, type WatchOptions } from './watch-files.ts';

/** Options of a command that runs a stack. */
export interface RunStackOptions {
  title: string;
  stateDir: string;
  createStack: (context: Pick<StackOptions, 'steps' | 'signal' | 'events'>) => Stack;
  /** Returns the text to print when all parts run. */
  welcome: (info: StackInfo, time: string) => string;
  /** Reloads the application's processes when one of these files is saved. */
  watch?: WatchOptions & {
    /** Whether the preparation steps are repeated when a file was saved. */
    prepares?: (file: string) => boolean;
  };
}

/** Runs a stack until its stop is requested or it fails, and returns the exit code. */
export async function runStack(options: RunStackOptions): Promise<number> {
  const { stateDir } = options;
  const release = claimStack(stateDir);
  if (!release) {
    const api = readStack(stateDir)?.urls.api;
    console.error(
      `The stack of this folder is already running (process ${stackPid(stateDir) ?? 'unknown'}` +
        `${api === undefined ? '' : `, API at ${api}`}). Stop it first.`,
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
  // A bug in this process must not leave anything behind either.
  process.on('uncaughtException', (error) => fail(error.stack ?? error.message));

  let ready = false;
  const stack = options.createStack({
    steps,
    signal: stopping.signal,
    events: describeEvents(steps, {
      changed: () => {
        if (ready) writeStack(stateDir, stack.info());
      },
      fail,
    }),
  });
  let endWatch: (() => Promise<void>) | undefined;

  steps.print(pc.bold(options.title));
  try {
    await stack.start();
    ready = true;
    writeStack(stateDir, stack.info());
    steps.print(options.welcome(stack.info(), secondsSince(begin)));
    const { watch } = options;
    if (watch)
      endWatch = await watchFiles(watch, reloader(stack, steps, { ...watch, signal: stopping.signal }));
    await new Promise<void>((resolve) => {
      if (stopping.signal.aborted) resolve();
      else stopping.signal.addEventListener('abort', () => resolve(), { once: true });
    });
  } catch (error) {
    if (!stopping.signal.aborted) fail(errorMessage(error));
  }
  ready = false;
  await endWatch?.();
  await stack.stop();
  release();
  steps.print(exitCode === 0 ? 'Everything has stopped.' : 'Stopped because of the failure above.');
  return exitCode;
}

/** Prints events of the stack's processes. */
function describeEvents(
  steps: Steps,
  on: { changed: () => void; fail: (problem: string) => void },
): SupervisorEvents {
  const text = ({ problem, tail }: Ended): string => `${problem}${tail === '' ? '' : `\n${tail}`}`;
  return {
    died(ended) {
      steps.print(`${pc.red(`! ${text(ended)}`)}\n  Restarting in ${ended.restartInMs / 1000} s.`);
      on.changed();
    },
    restarted({ spec, pid }) {
      steps.print(`${pc.green('✓')} ${spec.name} is running again (process ${pid})`);
      on.changed();
    },
    gaveUp(ended) {
      on.fail(`${ended.spec.name} keeps failing: ${text(ended)}`);
    },
    waits(ended) {
      steps.print(`${pc.red(`! ${text(ended)}`)}\n  Save a file to start it again.`);
      on.changed();
    },
  };
}

/** Returns the function that reloads the application's processes after files were saved, one reload at a time. */
function reloader(
  stack: Stack,
  steps: Steps,
  { prepares, signal }: { prepares?: (file: string) => boolean; signal: AbortSignal },
): (files: string[]) => void {
  const isStopping = (): boolean => signal.aborted;
  let last = Promise.resolve();
  return (files) => {
    last = last.then(async () => {
      if (isStopping()) return;
      const [first = ''] = files;
      steps.print(`\nReloading (${first}${files.length > 1 ? ` and ${files.length - 1} more` : ''})`);
      try {
        if (prepares && files.some(prepares)) await stack.prepare();
        await stack.reload();
      } catch (error) {
        if (!isStopping()) steps.print(pc.red(errorMessage(error)));
      }
    });
  };
}
