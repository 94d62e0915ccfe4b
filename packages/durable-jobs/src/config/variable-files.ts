import { readFileSync } from 'node:fs';
import type { Environment } from './environment.ts';

/** What ends the name of a variable that names a file with the value of another: `API_KEY_FILE` for `API_KEY`. */
export const FILE_SUFFIX = '_FILE';

/** Reads a value from a file, without the line break at its end. @throws {Error} saying what is wrong with the file. */
export function readVariableFile(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new Error(`must be a file that this process can read: ${code}`, { cause: error });
  }
  const value = text.replace(/\r?\n$/, '');
  if (value === '') throw new Error('must be a file that is not empty');
  return value;
}

/** An environment with the contents of its files. */
export interface ReadEnvironment {
  /** The variables that are set, empty ones left out. */
  values: Record<string, string>;
  /** One line for each file that cannot be used. */
  problems: string[];
  /** The variables whose value is in such a file. */
  unreadable: Set<string>;
}

/**
 * Returns the variables that are set, and for each of `names` the contents of the file that `<name>_FILE` names, as secrets are
 * mounted by container platforms. A variable whose own name ends like that keeps its meaning.
 */
export function readVariableFiles(env: Environment, names: readonly string[]): ReadEnvironment {
  // An empty variable counts as absent: compose files and CI systems pass unset ones on as ''.
  const values = Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
    ),
  );
  const problems: string[] = [];
  const unreadable = new Set<string>();
  const known = new Set(names);
  for (const name of known) {
    const path = values[name + FILE_SUFFIX];
    if (path === undefined || known.has(name + FILE_SUFFIX)) continue;
    try {
      if (name in values) throw new Error(`must not be set together with ${name}`);
      values[name] = readVariableFile(path);
    } catch (error) {
      problems.push(`${name}${FILE_SUFFIX}: ${error instanceof Error ? error.message : String(error)}`);
      unreadable.add(name);
    }
  }
  return { values, problems, unreadable };
}
