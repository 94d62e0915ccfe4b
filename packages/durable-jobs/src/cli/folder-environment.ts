import { join } from 'node:path';
import { FILE_SUFFIX } from '../config/variable-files.ts';
import { readEnvFile } from '../dev/env-file.ts';
import { readStack, stateFolderOf } from '../dev/stack-file.ts';
import { printError } from '../process/command.ts';

/**
 * Adds missing variables to the environment of this process: those in the folder's `.env`, and the database and engine of the stack that
 * runs for the folder. Prints the source of each, but never its value.
 */
export function useFolderEnvironment(folder: string, env: NodeJS.ProcessEnv = process.env): void {
  note('.env', addMissing(env, readEnvFile(join(folder, '.env'))));
  const stack = readStack(stateFolderOf(folder, env));
  if (!stack) return;
  const { database, temporalAddress } = stack.urls;
  const hasTemporal = Boolean(env.TEMPORAL_ADDRESS ?? env.TEMPORAL_PROFILE);
  note(
    'the running stack',
    addMissing(env, {
      DATABASE_URL: database,
      ...(!hasTemporal && { TEMPORAL_ADDRESS: temporalAddress }),
    }),
  );
}

function note(source: string, names: readonly string[]): void {
  if (names.length > 0) printError(`From ${source}: ${names.join(', ')}`);
}

/** Sets variables that are not set, neither by themselves nor by a file that `<name>_FILE` names, and returns their names. */
export function addMissing(env: NodeJS.ProcessEnv, values: NodeJS.ProcessEnv): string[] {
  const has = (name: string): boolean => (env[name] ?? '') !== '';
  const missing = Object.entries(values).filter(
    ([name]) => !has(name) && !has(name + FILE_SUFFIX) && !has(fileOf(name) ?? name),
  );
  for (const [name, value] of missing) env[name] = value;
  return missing.map(([name]) => name);
}

/** Returns the variable whose value is in the file that a variable names. */
function fileOf(name: string): string | undefined {
  return name.endsWith(FILE_SUFFIX) ? name.slice(0, -FILE_SUFFIX.length) : undefined;
}
