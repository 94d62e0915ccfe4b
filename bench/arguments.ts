import { quoted } from 'durable-jobs/values';
import { oneOf, readCommandLine, requireNone, UsageError, usageText } from 'durable-jobs/process';
import { wholeNumber } from 'durable-jobs/values';

/** The largest number that makes sense for any option. */
const MAX = 1_000_000_000;

/**
 * Reads the options of a benchmark, which are whole numbers with the defaults given. At `--help`, and where something is wrong,
 * it prints that and ends the process.
 */
export function readCounts<Name extends string>(
  command: string,
  defaults: Readonly<Record<Name, number>>,
): Record<Name, number> {
  const names = Object.keys(defaults) as Name[];
  const usage = names.map((name) => `[--${name} ${defaults[name]}]`).join(' ');
  return readOrExit(`Usage: npm run ${command} -- ${usage}`, (args) => {
    const types = Object.fromEntries(names.map((name) => [name, 'string' as const]));
    const { help, values, positionals } = readCommandLine(args, types);
    if (help) return undefined;
    requireNone(positionals);
    const counts = names.map((name) => {
      const value = values[name];
      return [name, value === undefined ? defaults[name] : countOf(`--${name}`, value)] as const;
    });
    return Object.fromEntries(counts) as Record<Name, number>;
  });
}

/** Reads the option `--<name>` of a benchmark, whole numbers with commas between them, as {@link readCounts} does. */
export function readCountList(command: string, name: string, defaults: readonly number[]): readonly number[] {
  return readOrExit(`Usage: npm run ${command} -- [--${name} ${defaults.join(',')}]`, (args) => {
    const { help, values, positionals } = readCommandLine(args, { [name]: 'string' });
    if (help) return undefined;
    requireNone(positionals);
    return values[name]?.split(',').map((text) => countOf(`Each number of --${name}`, text)) ?? defaults;
  });
}

/** Reads the word that a benchmark requires, as {@link readCounts} does. */
export function readMode<Mode extends string>(command: string, modes: readonly Mode[]): Mode {
  return readOrExit(`Usage: npm run ${command} -- ${modes.join('|')}`, (args) => {
    const { help, positionals } = readCommandLine(args, {});
    if (help) return undefined;
    const [mode, ...rest] = positionals;
    requireNone(rest);
    return oneOf('The mode', mode, modes);
  });
}

function readOrExit<T>(usage: string, read: (args: readonly string[]) => T | undefined): T {
  try {
    const result = read(process.argv.slice(2));
    if (result !== undefined) return result;
    console.log(usage);
    process.exit(0);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(usageText(error));
    process.exit(2);
  }
}

function countOf(what: string, text: string): number {
  const parsed = wholeNumber(1, MAX).safeParse(text);
  if (parsed.success) return parsed.data;
  throw new UsageError(`${what} ${parsed.error.issues[0]?.message ?? 'is wrong'}, and is ${quoted(text)}.`);
}
