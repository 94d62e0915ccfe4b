import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { UsageError } from '../process/command-line.ts';

/** Where an application's definitions are looked for, in this order. */
export const appFiles = ['jobs.ts', 'src/jobs.ts', 'jobs.js', 'src/jobs.js', 'dist/jobs.js'] as const;

/** What a command looks for in an application's folder. */
export interface FileSearch {
  folder: string;
  /** The option that names the file, such as `--app`. */
  option: string;
  /** What the option was given. */
  given: string | undefined;
  /** Where it is looked for otherwise, in this order. */
  candidates: readonly string[];
}

/** Returns a file of an application, absolute; undefined where it has none. @throws {UsageError} where the given one does not exist. */
export function findFile({ folder, option, given, candidates }: FileSearch): string | undefined {
  if (given !== undefined) {
    const file = resolve(folder, given);
    if (existsSync(file)) return file;
    throw new UsageError(`${option}: the file ${file} does not exist.`);
  }
  return candidates.map((name) => resolve(folder, name)).find((file) => existsSync(file));
}

/** Returns a file that a command can't do without. @throws {UsageError} saying where it was looked for. */
export function requireFile(search: FileSearch): string {
  const file = findFile(search);
  if (file !== undefined) return file;
  throw new UsageError(
    `${search.folder} has none of ${search.candidates.join(', ')}: name the file with ${search.option}.`,
  );
}
