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
  /** Returns what to print below the line that says whether all parts run. */
  welcome: (info: StackInfo) => string;
  /** Reloads the application's processes when one of these files is saved. */
  watch?: WatchOptions & {
    /** Whether the preparation steps are repeated when a file was saved. */
    prepares?: (file: string) => boolean;
  };
}

/** Runs a stack until its stop is requested or it fails, and returns the exit code. */
export async function runStack(options: RunStackOptions): Promise<number> {
  const { stateDir } = options;
  let release: (() => void) | undefined;
  try {
    release = claimStack(stateDir);
  } catch (error) {
    console.error(`${errorMessage(error)} Set DURABLE_JOBS_STATE to a folder that can be written.`);
    return 1;
  }
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

  steps.print(pc.bold(options.title));
  let ready = false;
  /** The processes that did not start and wait for a change. */
  const failing = new Set<string>();
  const stack = options.createStack({
    steps,
    signal: stopping.signal,
    events: describeEvents(steps, {
      changed: () => {
        if (ready) writeStack(stateDir, stack.info());
      },
      failing,
      fail,
    }),
  });
  let endWatch: (() => Promise<void>) | undefined;

  try {
    await stack.start();
    ready = true;
    writeStack(stateDir, stack.info());
    steps.print(`\n${headline(stack.down(), secondsSince(begin))}\n\n${options.welcome(stack.info())}`);
    const { watch } = options;
    if (watch)
      endWatch = await watchFiles(
        watch,
        reloader(stack, steps, { ...watch, failing, signal: stopping.signal }),
      );
    await new Promise<void>((resolve) => {
      if (stopping.signal.aborted) resolve();
      else stopping.signal.addEventListener('abort', () => resolve(), { once: true });
    });
  } catch (error) {
    if (!stopping.signal.aborted) fail(errorMessage(error));
  }
  ready = false;
  for (const ended of await Promise.allSettled([endWatch?.(), stack.stop()])) {
    if (ended.status === 'fulfilled') continue;
    exitCode = 1;
    steps.print(pc.red(`Not everything could be stopped: ${errorMessage(ended.reason)}`));
  }
  release();
  steps.print(exitCode === 0 ? 'Everything has stopped.' : 'Stopped because of the failure above.');
  return exitCode;
}

/** Whether everything runs, in one line. */
function headline(down: readonly string[], time: string): string {
  if (down.length === 0) return `${pc.green(pc.bold('Ready'))} in ${time}. Ctrl-C stops it.`;
  return `${pc.red(pc.bold('Not ready'))}: ${notRunning(down)}. Save a file to start it again; Ctrl-C stops everything.`;
}

function notRunning(down: readonly string[]): string {
  return `${down.join(' and ')} ${down.length === 1 ? 'does' : 'do'} not run, see above`;
}

/** Prints events of the stack's processes. */
function describeEvents(
  steps: Steps,
  on: { changed: () => void; failing: Set<string>; fail: (problem: string) => void },
): SupervisorEvents {
  const text = ({ problem, tail }: Ended): string => `${problem}${tail === '' ? '' : `\n${tail}`}`;
  return {
    died(ended) {
      steps.print(`${pc.red(`! ${text(ended)}`)}\n  Restarting in ${ended.restartInMs / 1000} s.`);
      on.changed();
    },
    restarted({ spec, pid }, afterMs) {
      const time = (afterMs / 1_000).toFixed(1);
      on.failing.delete(spec.name);
      const rest = on.failing.size === 0 ? '' : `; ${notRunning([...on.failing])}`;
      steps.print(`${pc.green('✓')} ${spec.name} is running again after ${time} s (process ${pid})${rest}`);
      on.changed();
    },
    gaveUp(ended) {
      on.fail(`${ended.spec.name} keeps failing: ${text(ended)}`);
    },
    waits(ended) {
      on.failing.add(ended.spec.name);
      steps.print(`${pc.red(`! ${text(ended)}`)}\n  Not ready. Save a file to start it again.`);
      on.changed();
    },
  };
}

/** The changed files that a reload names. */
const SHOWN_FILES = 3;

/** Returns the function that reloads the application's processes after files were saved, one reload at a time. */
function reloader(
  stack: Stack,
  steps: Steps,
  {
    prepares,
    failing,
    signal,
  }: { prepares?: (file: string) => boolean; failing: Set<string>; signal: AbortSignal },
): (files: string[]) => void {
  const isStopping = (): boolean => signal.aborted;
  let last = Promise.resolve();
  return (files) => {
    last = last.then(async () => {
      if (isStopping()) return;
      const more = files.length > SHOWN_FILES ? ` and ${files.length - SHOWN_FILES} more` : '';
      steps.print(`\nReloading (${files.slice(0, SHOWN_FILES).join(', ')}${more})`);
      try {
        if (prepares && files.some(prepares)) await stack.prepare();
        failing.clear();
        await stack.reload();
      } catch (error) {
        if (!isStopping()) steps.print(pc.red(errorMessage(error)));
      }
    });
  };
}
