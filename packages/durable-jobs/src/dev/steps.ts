import ora from 'ora';
import pc from 'picocolors';
import { secondsSince, StoppedError, type Report } from './wait.ts';

/** Prints progress: each step with its duration when it is done, and until then a line that shows that it is alive. */
export interface Steps {
  /** Runs a step. While it works, its reports and the elapsed time are shown. */
  run: <T>(name: string, work: (report: Report) => Promise<T>, describe?: (value: T) => string) => Promise<T>;
  /** Prints lines without disturbing those of running steps. */
  print: (text: string) => void;
}

/** In a file or CI log, a long step prints a line at this interval. */
const PLAIN_TICK_MS = 15_000;
const NAME_WIDTH = 16;

interface Running {
  name: string;
  start: number;
  detail: string;
}

/** Creates the printer of steps for a stream. */
export function createSteps(out: NodeJS.WriteStream): Steps {
  const running = new Set<Running>();
  let ticking: NodeJS.Timeout | undefined;
  const spinner = ora({
    stream: out,
    isEnabled: out.isTTY,
    // Ctrl-C must reach this process as a signal.
    discardStdin: false,
    color: 'gray',
    suffixText: () => pc.dim([...running].map(describeRunning).join('  ·  ')),
  });

  const print = (text: string): void => void out.write(`${text}\n`);
  const begin = (): void => {
    if (out.isTTY) spinner.start();
    else ticking ??= setInterval(() => running.forEach(printPlain), PLAIN_TICK_MS);
  };
  const end = (): void => {
    spinner.stop();
    clearInterval(ticking);
    ticking = undefined;
  };
  function printPlain({ name, start, detail }: Running): void {
    const text = detail === '' ? 'working' : detail;
    print(`  … ${name.padEnd(NAME_WIDTH)} ${secondsSince(start).padStart(7)}  ${text}`);
  }

  return {
    print,
    async run(name, work, describe) {
      const step: Running = { name, start: performance.now(), detail: '' };
      running.add(step);
      begin();
      const finish = (mark: string, detail: string): void => {
        running.delete(step);
        if (running.size === 0) end();
        const time = pc.dim(secondsSince(step.start).padStart(7));
        print(`  ${mark} ${name.padEnd(NAME_WIDTH)} ${time}  ${detail}`.trimEnd());
      };
      try {
        const value = await work((line) => {
          step.detail = line;
        });
        finish(pc.green('✓'), describe?.(value) ?? '');
        return value;
      } catch (error) {
        if (error instanceof StoppedError) finish('-', 'stopped');
        else finish(pc.red('✗'), '');
        throw error;
      }
    },
  };
}

function describeRunning({ name, start, detail }: Running): string {
  return [name, secondsSince(start), detail].filter((part) => part !== '').join(' ');
}
