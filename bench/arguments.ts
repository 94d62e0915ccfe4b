import { createCommand, parseArguments, UsageError, usageText } from 'durable-jobs/process';
import { quoted, wholeNumber } from 'durable-jobs/values';
import type { Part } from './part.ts';
import type { EngineKind } from './stack.ts';

/** The largest number that makes sense for any option. */
const MAX = 1_000_000_000;

/**
 * Reads the options of a benchmark, which are whole numbers with the given defaults. With `--help`, and if an option is not valid, prints that
 * and ends the process.
 */
export function readCounts<Name extends string>(
  name: string,
  defaults: Readonly<Record<Name, number>>,
): Record<Name, number> {
  const command = createCommand(`npm run ${name} --`);
  for (const [option, count] of Object.entries<number>(defaults))
    command.option(`--${option} <count>`, 'a whole number', (text) => countOf(`--${option}`, text), count);
  parseOrExit(command);
  return command.opts() as Record<Name, number>;
}

/** Reads the option `--<option>` of a benchmark, whole numbers with commas between them, as {@link readCounts} does. */
export function readCountList(name: string, option: string, defaults: readonly number[]): readonly number[] {
  const command = createCommand(`npm run ${name} --`).option(
    `--${option} <counts>`,
    'whole numbers with commas between them',
    (text): readonly number[] => text.split(',').map((one) => countOf(`Each number of --${option}`, one)),
    defaults,
  );
  parseOrExit(command);
  return (command.opts() as Record<string, readonly number[]>)[option] ?? defaults;
}

/** Reads the word that a benchmark requires, as {@link readCounts} does. */
export function readMode<Mode extends string>(name: string, modes: readonly Mode[]): Mode {
  const command = createCommand(`npm run ${name} --`).argument('<mode>', modes.join(' or '), (text) => {
    const mode = modes.find((one) => one === text);
    if (mode === undefined)
      throw new UsageError(`The mode must be ${modes.join(' or ')}, but is ${quoted(text)}.`);
    return mode;
  });
  parseOrExit(command);
  return command.processedArgs[0] as Mode;
}

/** What `npm run bench` is to do. */
export interface RunOptions {
  parts: readonly Part[];
  rounds: number;
  engine: EngineKind;
  /** Whether the service runs from its sources rather than as built. */
  sources: boolean;
  anyLoad: boolean;
  /** The folder of the results, if it is not the standard one. */
  out: string | undefined;
  sizesOf: (part: Part) => Record<string, number>;
}

const ENGINES: readonly EngineKind[] = ['dev', 'postgres-4', 'postgres-512'];
const ROUNDS = 3;

/**
 * Reads the options of `npm run bench`, as {@link readCounts} does. If the first argument is the only part, the sizes of that part are options
 * too.
 */
export function readRunOptions(all: readonly Part[]): RunOptions {
  const named = (name: string): Part => {
    const part = all.find((one) => one.name === name);
    if (part) return part;
    throw new UsageError(
      `The part must be one of ${all.map((one) => one.name).join(', ')}, but is ${quoted(name)}.`,
    );
  };
  const names = process.argv.slice(2, firstOption());
  const [only] = names.length === 1 ? all.filter(({ name }) => name === names[0]) : [];
  const command = createCommand('npm run bench --')
    .argument('[parts...]', `parts to measure, all by default: ${all.map(({ name }) => name).join(', ')}`)
    .option(
      '--rounds <count>',
      'rounds of each part, except for parts that need fewer',
      (text) => countOf('--rounds', text),
      ROUNDS,
    )
    .option(
      '--scale <percent>',
      'how much work, in percent of the standard sizes',
      (text) => countOf('--scale', text),
      100,
    )
    .option('--engine <kind>', ENGINES.join(', '), engineOf, 'dev' as EngineKind)
    .option('--out <folder>', 'where to write the results, bench/results by default')
    .option('--any-load', 'measure although other programs use the machine')
    .option('--sources', 'run the service from its sources instead of building it');
  for (const [option, size] of Object.entries(only?.sizes ?? {}))
    command.option(`--${option} <count>`, 'a whole number', (text) => countOf(`--${option}`, text), size);
  parseOrExit(command);
  const options = command.opts();
  const chosen = orExit(() => command.args.map(named));
  const given = options as Record<string, unknown>;
  return {
    parts: chosen.length === 0 ? all : chosen,
    rounds: options.rounds,
    engine: options.engine,
    sources: options.sources ?? false,
    anyLoad: options.anyLoad ?? false,
    out: options.out,
    sizesOf: ({ sizes }) =>
      Object.fromEntries(
        Object.entries(sizes).map(([option, size]) => [
          option,
          Math.max(1, Math.round((Number(given[camelCase(option)] ?? size) * options.scale) / 100)),
        ]),
      ),
  };
}

/** Where the options of the command line begin. */
function firstOption(): number | undefined {
  const index = process.argv.findIndex((argument) => argument.startsWith('--'));
  return index === -1 ? undefined : index;
}

function engineOf(text: string): EngineKind {
  const engine = ENGINES.find((one) => one === text);
  if (engine !== undefined) return engine;
  throw new UsageError(`--engine must be one of ${ENGINES.join(', ')}, but is ${quoted(text)}.`);
}

/** The name under which the command line's parser keeps an option. */
function camelCase(option: string): string {
  return option.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

function parseOrExit(command: Parameters<typeof parseArguments>[0]): void {
  orExit(() => {
    if (!parseArguments(command)) process.exit(0);
  });
}

/** Returns the result of a function. If it finds that an argument is not valid, prints that and ends the process. */
function orExit<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(usageText(error));
    process.exit(2);
  }
}

function countOf(what: string, text: string): number {
  const parsed = wholeNumber(1, MAX).safeParse(text);
  if (parsed.success) return parsed.data;
  throw new UsageError(
    `${what} ${parsed.error.issues[0]?.message ?? 'is not valid'}, but is ${quoted(text)}.`,
  );
}
