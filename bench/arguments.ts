import { createCommand, parseArguments, UsageError, usageText } from 'durable-jobs/process';
import { quoted, wholeNumber } from 'durable-jobs/values';

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

function parseOrExit(command: Parameters<typeof parseArguments>[0]): void {
  try {
    if (!parseArguments(command)) process.exit(0);
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
