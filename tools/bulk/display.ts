import { Presets, SingleBar } from 'cli-progress';

/** How far something is. */
export interface Progress {
  value: number;
  /** Undefined if it is not known. */
  total: number | undefined;
  /** What stands beside the bar, or alone on a line where there is no terminal. */
  text: string;
}

/** Shows progress: a bar on a terminal, a line now and then elsewhere. */
export interface Display {
  /** `state` is what a line is written for at once, if it changes. */
  show: (progress: Progress, state: string) => void;
  /** Takes the bar away, so that something else can be written. */
  clear: () => void;
}

/** Where the output is a file or a CI log. */
const LINE_EVERY_MS = 10_000;
/** Leaves room for the text on a terminal of 80 columns. */
const BAR_WIDTH = 16;

/** Creates the display for a stream. */
export function createDisplay(out: NodeJS.WriteStream): Display {
  return out.isTTY ? createBar(out) : createLines(out);
}

function createBar(out: NodeJS.WriteStream): Display {
  let bar: SingleBar | undefined;
  let hasTotal = false;
  const clear = (): void => {
    bar?.stop();
    bar = undefined;
  };
  return {
    show({ value, total, text }) {
      if ((total !== undefined) !== hasTotal) clear();
      hasTotal = total !== undefined;
      if (!bar) {
        bar = new SingleBar(
          {
            format: hasTotal ? '{bar} {percentage} % · {text}' : '{text}',
            barsize: BAR_WIDTH,
            stream: out,
            clearOnComplete: true,
            hideCursor: true,
            // Ctrl-C is looked after elsewhere.
            gracefulExit: false,
          },
          Presets.shades_classic,
        );
        bar.start(total ?? 1, value, { text });
      }
      bar.update(value, { text });
    },
    clear,
  };
}

function createLines(out: NodeJS.WriteStream): Display {
  let written = -Infinity;
  let last: string | undefined;
  return {
    show({ value, total, text }, state) {
      const now = performance.now();
      if (state === last && now - written < LINE_EVERY_MS) return;
      [written, last] = [now, state];
      const percent = total === undefined || total === 0 ? '' : `${Math.floor((value / total) * 100)} % · `;
      out.write(`${percent}${text}\n`);
    },
    clear() {
      last = undefined;
    },
  };
}
