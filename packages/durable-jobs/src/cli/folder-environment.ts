import { join } from 'node:path';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { FILE_SUFFIX } from '../config/variable-files.ts';
import { readEnvFile } from '../dev/env-file.ts';
import { isSet, namesTemporal, withEmbeddedTemporal } from '../dev/stack-environment.ts';
import { readStack, stateFolderOf } from '../dev/stack-file.ts';
import { printError, RefusedError } from '../process/command.ts';

/**
 * Adds missing variables to the environment of this process: those in the folder's `.env`, and the database and engine of the stack that
 * runs for the folder. Prints the source of each, but never its value.
 */
export function useFolderEnvironment(folder: string, env: NodeJS.ProcessEnv = process.env): void {
  note('.env', addMissing(env, readEnvFile(join(folder, '.env'))));
  const stateDir = stateFolderOf(folder, env);
  const stack = readStack(stateDir);
  if (!stack) return;
  const { database, temporalAddress, temporalUi } = stack.urls;
  const added = addMissing(env, { DATABASE_URL: database });
  // Of a stack that uses another server, only its own processes know the namespace and the profile.
  if (!namesTemporal(env) && stack.processes.temporal !== undefined) {
    // As for the stack's own processes: neither a namespace nor a profile of another server applies.
    const own = withEmbeddedTemporal(env, { address: temporalAddress, uiUrl: temporalUi, stateDir });
    for (const name of Object.keys(env)) if (name.startsWith('TEMPORAL_')) Reflect.deleteProperty(env, name);
    Object.assign(env, own);
    added.push('TEMPORAL_ADDRESS');
  }
  note('the running stack', added);
}

/** What a command needs: the database, or the engine too. */
export type Needed = 'database' | 'engine';

/**
 * Checks that the environment names the servers that a command acts on. Without this, a command would act on whatever listens on the
 * engine's standard port of this machine.
 * @throws {RefusedError} that says what to start or to set.
 */
export function requireNamedServers(env: NodeJS.ProcessEnv, needed: readonly Needed[]): void {
  const isNamed: Record<Needed, () => boolean> = {
    database: () => isSet(env.DATABASE_URL) || isSet(env.DATABASE_URL_FILE),
    engine: () => namesTemporal(env),
  };
  const missing = needed.filter((server) => !isNamed[server]());
  if (missing.length === 0) return;
  const names = missing.map((server) => (server === 'database' ? 'DATABASE_URL' : 'TEMPORAL_ADDRESS'));
  throw new RefusedError(
    `No stack runs in this folder, and ${names.join(' and ')} ${names.length === 1 ? 'is' : 'are'} not set. ` +
      `Start the stack, or set ${names.length === 1 ? 'it' : 'them'} to name the servers to use.`,
  );
}

/** What the subcommands act on, unless it is the database alone. */
const acts: Record<string, readonly Needed[]> = {
  plan: ['engine'],
  apply: ['engine'],
  check: ['engine'],
  rewrap: ['database', 'engine'],
  forget: ['database', 'engine'],
};

/** Makes a command use the database and the engine from a folder's environment, and refuses it if that names none. */
export function inFolder(command: CommandUnknownOpts, folder: string): CommandUnknownOpts {
  return command.hook('preAction', (_, subcommand) => {
    useFolderEnvironment(folder);
    const isLost = subcommand.opts().lost === true;
    requireNamedServers(process.env, (isLost ? undefined : acts[subcommand.name()]) ?? ['database']);
  });
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
