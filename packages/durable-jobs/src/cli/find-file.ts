import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { UsageError } from '../process/usage-error.ts';

/** Files in which an application's definitions are looked for, in this order. */
export const appFiles = ['jobs.ts', 'src/jobs.ts', 'jobs.js', 'src/jobs.js', 'dist/jobs.js'] as const;

/** A file that a command looks for in an application's folder. */
export interface FileSearch {
  folder: string;
  /** The option that names the file, such as `--app`. */
  option: string;
  /** The option's value. */
  given: string | undefined;
  /** Files to look for without the option, in this order. */
  candidates: readonly string[];
}

/** Returns the absolute path of an application's file; undefined if it has none. @throws {UsageError} if the given file does not exist. */
export function findFile({ folder, option, given, candidates }: FileSearch): string | undefined {
  if (given !== undefined) {
    const file = resolve(folder, given);
    if (existsSync(file)) return file;
    throw new UsageError(`${option}: the file ${file} does not exist.`);
  }
  return candidates.map((name) => resolve(folder, name)).find((file) => existsSync(file));
}

/** Returns a file that a command requires. @throws {UsageError} that lists where it was looked for. */
export function requireFile(search: FileSearch): string {
  const file = findFile(search);
  if (file !== undefined) return file;
  throw new UsageError(
    `${search.folder} contains none of ${search.candidates.join(', ')}: specify the file with ${search.option}.`,
  );
}
