import pc from 'picocolors';
import { secondsSince, StoppedError, type Report } from './wait.ts';

/** Prints what goes on: each step with its time when it is done, and before that a line that shows it is alive. */
export interface Steps {
  /** Runs a step. What it reports, and for how long it has been at it, is shown while it works. */
  run: <T>(name: string, work: (report: Report) => Promise<T>, describe?: (value: T) => string) => Promise<T>;
  /** Prints lines without disturbing the running ones. */
  print: (text: string) => void;
}

/** A terminal's line is redrawn this often. */
const TICK_MS = 200;
/** Where the output is a file or a CI log, a long step writes a line this often. */
const PLAIN_TICK_MS = 15_000;
const NAME_WIDTH = 16;
const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

interface Running {
  name: string;
  start: number;
  detail: string;
  lastPlain: number;
}

/** Makes the printer of steps for a stream. */
export function createSteps(out: NodeJS.WriteStream): Steps {
  const running = new Set<Running>();
  let timer: NodeJS.Timeout | undefined;
  let frame = 0;
  let drawn = false;

  const clear = (): void => {
    if (drawn) out.write('\r\x1b[2K');
    drawn = false;
  };
  const draw = (): void => {
    if (!out.isTTY || running.size === 0) return;
    frame = (frame + 1) % SPINNER.length;
    const parts = [...running].map(({ name, start, detail }) =>
      [name, secondsSince(start), detail].filter((part) => part !== '').join(' '),
    );
    // One line, as lines that wrap can not be cleared.
    const text = `${SPINNER[frame] ?? ''} ${parts.join('  ·  ')}`.slice(0, Math.max(20, out.columns - 1));
    clear();
    out.write(pc.dim(text));
    drawn = true;
  };
  const tick = (): void => {
    if (out.isTTY) {
      draw();
      return;
    }
    for (const step of running) {
      if (performance.now() - step.lastPlain < PLAIN_TICK_MS) continue;
      step.lastPlain = performance.now();
      const detail = step.detail === '' ? 'working' : step.detail;
      out.write(`  … ${step.name.padEnd(NAME_WIDTH)} ${secondsSince(step.start).padStart(7)}  ${detail}\n`);
    }
  };
  const print = (text: string): void => {
    clear();
    out.write(`${text}\n`);
    draw();
  };

  return {
    print,
    async run(name, work, describe) {
      const step: Running = { name, start: performance.now(), detail: '', lastPlain: performance.now() };
      running.add(step);
      timer ??= setInterval(tick, TICK_MS);
      draw();
      const finish = (mark: string, detail: string): void => {
        running.delete(step);
        if (running.size === 0) {
          clearInterval(timer);
          timer = undefined;
        }
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
        if (error instanceof StoppedError) finish('-', 'given up');
        else finish(pc.red('✗'), '');
        throw error;
      }
    },
  };
}
