import { parseArgs } from 'node:util';
import { decodedLineFault, quoted, textFault } from '../values/text.ts';

/** The command line is not valid; the message says why, in one line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The options of a command: `string` ones have a value, `boolean` ones have none. */
type OptionTypes = Readonly<Record<string, 'string' | 'boolean'>>;

/** A command line that was read. */
export interface CommandLine<O extends OptionTypes> {
  /** Whether `--help` or `-h` was given: what else was given was not checked then. */
  help: boolean;
  values: { [Name in keyof O]?: O[Name] extends 'string' ? string : true };
  positionals: string[];
}

/**
 * Reads a command line. Each option may come once, and values and arguments are one line of text; with `paths`, arguments name
 * files, whose names may contain any character.
 * @throws {UsageError} for anything else.
 */
export function readCommandLine<const O extends OptionTypes>(
  args: readonly string[],
  options: O,
  { paths = false }: { paths?: boolean } = {},
): CommandLine<O> {
  const types: OptionTypes = { ...options, help: 'boolean' };
  const { tokens } = parseArgs({
    args: [...args],
    // Node's own refusals show what was given as it is, control characters included.
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(
      Object.entries(types).map(([name, type]) => [name, { type, ...(name === 'help' && { short: 'h' }) }]),
    ),
  });
  const positionals: string[] = [];
  const values = new Map<string, string | true>();
  if (tokens.some((token) => token.kind === 'option' && token.name === 'help' && token.value === undefined)) {
    return { help: true, values: {}, positionals };
  }
  for (const token of tokens) {
    if (token.kind === 'positional') {
      const fault = paths ? pathFault(token.value) : decodedLineFault(token.value);
      if (fault !== undefined) throw new UsageError(`The argument ${quoted(token.value)} ${fault}.`);
      positionals.push(token.value);
    } else if (token.kind === 'option') {
      if (values.has(token.name)) throw new UsageError(`${token.rawName} was given twice: give it once.`);
      values.set(
        token.name,
        valueOf(token, Object.hasOwn(types, token.name) ? types[token.name] : undefined),
      );
    }
  }
  return { help: false, values: Object.fromEntries(values) as CommandLine<O>['values'], positionals };
}

interface OptionToken {
  rawName: string;
  value?: string | undefined;
  inlineValue?: boolean | undefined;
}

function valueOf(
  { rawName, value, inlineValue }: OptionToken,
  type: 'string' | 'boolean' | undefined,
): string | true {
  if (type === undefined) throw new UsageError(`${quoted(rawName)} is not an option of this command.`);
  if (type === 'boolean') {
    if (value !== undefined)
      throw new UsageError(`${rawName} takes no value, and was given ${quoted(value)}.`);
    return true;
  }
  if (value === undefined) throw new UsageError(`${rawName} requires a value.`);
  if (inlineValue === false && /^-./.test(value)) {
    throw new UsageError(
      `${rawName} requires a value, and is followed by ${quoted(value)}: write ${rawName}=VALUE where a value begins with a dash.`,
    );
  }
  const fault = decodedLineFault(value);
  if (fault !== undefined) throw new UsageError(`${rawName} ${fault}, and is ${quoted(value)}.`);
  return value;
}

function pathFault(path: string): string | undefined {
  return path === '' ? 'must not be empty' : textFault(path);
}

/**
 * Returns the one of `known` that a text is; `what` names the text.
 * @throws {UsageError} if it is none of them, or is missing.
 */
export function oneOf<T extends string>(what: string, text: string | undefined, known: readonly T[]): T {
  const found = known.find((one) => one === text);
  if (found !== undefined) return found;
  const choice =
    known.length === 1 ? String(known[0]) : `${known.slice(0, -1).join(', ')} or ${known.at(-1)}`;
  throw new UsageError(
    text === undefined
      ? `${what} is required: ${choice}.`
      : `${what} must be ${choice}, and is ${quoted(text)}.`,
  );
}

/** Refuses any argument. @throws {UsageError} naming the first one. */
export function requireNone(arguments_: readonly string[]): void {
  const [first] = arguments_;
  if (first !== undefined) throw new UsageError(`The argument ${quoted(first)} is not expected here.`);
}

/** What a command prints if its command line is not valid. */
export function usageText({ message }: UsageError): string {
  return `${message} Run it with --help to see what it takes.`;
}

/**
 * Reads the command line of a command that takes no arguments.
 * @returns whether help was requested.
 * @throws {UsageError} if there are any others.
 */
export function wantsOnlyHelp(args: readonly string[]): boolean {
  const { help, positionals } = readCommandLine(args, {});
  requireNone(positionals);
  return help;
}
