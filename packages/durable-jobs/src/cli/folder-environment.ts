import { join } from 'node:path';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { withEnvFile } from '../dev/env-file.ts';
import { isSet, namesTemporal, withEmbeddedTemporal } from '../dev/stack-environment.ts';
import { readStack, stateFolderOf, type StackInfo } from '../dev/stack-file.ts';
import { printError, RefusedError } from '../process/command.ts';

/**
 * Adds missing variables to the environment of this process: the database and engine of the stack that runs for the folder, and then those
 * in the folder's `.env`. Prints the source of each, but never its value. What the environment itself sets comes first. Returns the stack.
 */
export function useFolderEnvironment(
  folder: string,
  env: NodeJS.ProcessEnv = process.env,
): StackInfo | undefined {
  const file = withEnvFile(env, join(folder, '.env'));
  const stateDir = stateFolderOf(folder, file.env);
  const stack = readStack(stateDir);
  // A command acts on what runs, whatever was written to `.env` since.
  if (stack) note('the running stack', addServersOf(stack, { env, fromFile: file.env, stateDir }));
  const added = withEnvFile(env, join(folder, '.env'));
  note('.env', added.fromEnvFile);
  Object.assign(env, added.env);
  return stack;
}

/** Sets the variables that name a stack's servers, unless they are set. Returns their names. */
function addServersOf(
  { urls, processes }: StackInfo,
  { env, fromFile, stateDir }: { env: NodeJS.ProcessEnv; fromFile: NodeJS.ProcessEnv; stateDir: string },
): string[] {
  const added: string[] = [];
  if (!isSet(env.DATABASE_URL) && !isSet(env.DATABASE_URL_FILE)) {
    env.DATABASE_URL = urls.database;
    // The URL contains it, if there is one.
    env.DATABASE_PASSWORD = '';
    added.push('DATABASE_URL');
  }
  if (namesTemporal(env)) return added;
  const { temporalAddress, temporalUi } = urls;
  if (processes.temporal !== undefined) {
    // As for the stack's own processes: neither a namespace nor a profile of another server applies.
    const own = withEmbeddedTemporal(env, { address: temporalAddress, uiUrl: temporalUi, stateDir });
    for (const name of Object.keys(env)) if (name.startsWith('TEMPORAL_')) Reflect.deleteProperty(env, name);
    Object.assign(env, own);
    // Set and empty, so that `.env` does not set them.
    for (const name of Object.keys(fromFile)) if (name.startsWith('TEMPORAL_')) env[name] ??= '';
    added.push('TEMPORAL_ADDRESS');
  } else if ((fromFile.TEMPORAL_ADDRESS ?? '') !== temporalAddress) {
    // Only the stack's own processes know the namespace and the profile of the server that it uses, and it is not that of `.env`.
    for (const name of Object.keys(fromFile)) if (name.startsWith('TEMPORAL_')) env[name] ??= '';
  }
  return added;
}

/** What a command needs: the database, or the engine too. */
export type Needed = 'database' | 'engine';

/**
 * Checks that the environment names the servers that a command acts on. Without this, a command would act on whatever listens on the
 * engine's standard port of this machine.
 * @throws {RefusedError} that says what to start or to set.
 */
export function requireNamedServers(
  env: NodeJS.ProcessEnv,
  needed: readonly Needed[],
  stack?: Pick<StackInfo, 'urls'>,
): void {
  const isNamed: Record<Needed, () => boolean> = {
    database: () => isSet(env.DATABASE_URL) || isSet(env.DATABASE_URL_FILE),
    engine: () => namesTemporal(env),
  };
  const missing = needed.filter((server) => !isNamed[server]());
  if (missing.length === 0) return;
  if (stack && missing.every((server) => server === 'engine'))
    throw new RefusedError(
      `The running stack uses Temporal ${stack.urls.temporalAddress === '' ? 'from a profile' : `at ${stack.urls.temporalAddress}`}, ` +
        'which .env does not name: set TEMPORAL_ADDRESS.',
    );
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

/**
 * Makes a command use the database and the engine from a folder's environment, and refuses it if that does not name those that are `needed`;
 * by default, what its subcommands act on.
 */
export function inFolder(
  command: CommandUnknownOpts,
  folder: string,
  needed?: readonly Needed[],
): CommandUnknownOpts {
  return command.hook('preAction', (_, subcommand) => {
    const stack = useFolderEnvironment(folder);
    const isLost = subcommand.opts().lost === true;
    const servers = needed ?? (isLost ? undefined : acts[subcommand.name()]) ?? ['database'];
    requireNamedServers(process.env, servers, stack);
  });
}

function note(source: string, names: readonly string[]): void {
  if (names.length > 0) printError(`From ${source}: ${names.join(', ')}`);
}
