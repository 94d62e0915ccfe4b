import {
  Command,
  CommanderError,
  InvalidArgumentError,
  type CommandUnknownOpts,
} from '@commander-js/extra-typings';
import { ConfigError } from '../config/config.ts';
import { decodedLineFault, quoted } from '../values/text.ts';
import { errorMessage } from './errors.ts';
import { RefusedError } from './refused-error.ts';
import { UsageError, usageText } from './usage-error.ts';

export { RefusedError };

/** Creates a command or subcommand, whose errors {@link runCommand} and {@link parseArguments} report. */
export function createCommand(name: string): Command {
  return new Command(name)
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .showSuggestionAfterError(false);
}

/** Parses an option's value: one line of text, given once. */
export function oneLine(value: string, previous: string | undefined): string {
  if (previous !== undefined) throw new InvalidArgumentError('It was given twice: give it once.');
  if (value.startsWith('--')) throw new InvalidArgumentError('A value must not begin with two dashes.');
  if (value.trim() === '') throw new InvalidArgumentError('It must not be blank.');
  return value;
}

export const print = (text: string): void => void process.stdout.write(`${text}\n`);
export const printError = (text: string): void => void process.stderr.write(`${text}\n`);

/**
 * Runs a command with the arguments of this process. If it fails, prints the error and sets the exit code: 2 if the command line is not
 * valid, otherwise 1.
 */
export async function runCommand(command: Pick<CommandUnknownOpts, 'parseAsync'>): Promise<void> {
  try {
    const args = process.argv.slice(2);
    requireLines(args);
    await command.parseAsync(args, { from: 'user' });
  } catch (error) {
    process.exitCode = report(error);
  }
}

/**
 * Parses the arguments of a command that has no action, by default those of this process. With `paths`, arguments may be any text, as names of
 * files are. Returns false if it printed its help instead.
 * @throws {UsageError} if they are not valid.
 */
export function parseArguments(
  command: Pick<CommandUnknownOpts, 'parse'>,
  args: readonly string[] = process.argv.slice(2),
  { paths = false } = {},
): boolean {
  if (!paths) requireLines(args);
  try {
    command.parse(args, { from: 'user' });
    return true;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (isAnswered(error)) return false;
    throw new UsageError(sentence(error.message));
  }
}

/** Whether the version or help was printed, either on request or because a subcommand is missing. */
function isAnswered({ code }: CommanderError): boolean {
  return code.startsWith('commander.help') || code === 'commander.version';
}

/**
 * Checks that arguments are single lines of text.
 * @throws {UsageError} that names the first argument that is not.
 */
function requireLines(args: readonly string[]): void {
  for (const argument of args) {
    const fault = argument === '' ? undefined : decodedLineFault(argument);
    if (fault !== undefined) throw new UsageError(`The argument ${quoted(argument)} ${fault}.`);
  }
}

/** Prints an error and returns the exit code of the process. */
function report(error: unknown): number {
  if (error instanceof CommanderError) {
    if (isAnswered(error)) return error.exitCode === 0 ? 0 : 2;
    printError(usageText(new UsageError(sentence(error.message))));
    return 2;
  }
  if (error instanceof UsageError) {
    printError(usageText(error));
    return 2;
  }
  if (error instanceof RefusedError) {
    printError(error.message);
    return error.exitCode;
  }
  printError(error instanceof ConfigError ? error.message : `The command failed: ${errorMessage(error)}`);
  return 1;
}

/** Returns Commander's message in the style of the other messages, without the control characters of what was given. */
function sentence(message: string): string {
  const text = message
    .replace(/^error: /, '')
    .replaceAll(/\s*\n\s*/g, ' ')
    .replaceAll(/[\p{Cc}\p{Cf}]/gu, '\ufffd');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!]$/.test(text) ? '' : '.'}`;
}
