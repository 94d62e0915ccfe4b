import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { TaskQueues } from '../engine/declared-queues.ts';
import { runCommand } from '../process/command.ts';
import type { Needed } from './folder-environment.ts';
import type { ReplayedApplication } from './replay.ts';
import type { DeclaredSchedules } from './schedules.ts';

/** Options of the commands that run as a separate process. */
export interface RunCommandOptions {
  /**
   * A folder whose `.env` and running stack the command uses; without servers that these or the environment name, it is refused. By default
   * the command has the environment of its process alone.
   */
  folder?: string;
}

/** Runs the command `schedules` as a separate process, for an application that declares its schedules with a function. */
export async function runSchedulesCommand(
  definitions: DeclaredSchedules['definitions'],
  { folder }: RunCommandOptions = {},
): Promise<void> {
  const { schedulesCommand } = await import('./schedules.ts');
  await run(
    // A person reads the plan, and no log line beside it unless they want it.
    schedulesCommand(() => ({
      env: folder === undefined ? process.env : { LOG_LEVEL: 'warn', ...process.env },
      definitions,
    })),
    folder,
  );
}

/** Runs the command `keys` as a separate process, with the database of its environment. */
export async function runKeysCommand({ folder }: RunCommandOptions = {}): Promise<void> {
  const { keysCommand } = await import('./keys.ts');
  await run(keysCommand(), folder);
}

/** Runs the command `payload-keys` as a separate process, with the database and the engine of its environment. */
export async function runPayloadKeysCommand({ folder }: RunCommandOptions = {}): Promise<void> {
  const { payloadKeysCommand } = await import('./payload-keys.ts');
  await run(payloadKeysCommand(), folder);
}

/** Runs the command `deployment` as a separate process, for the application's own task queues and with the engine of its environment. */
export async function runDeploymentCommand(
  taskQueues: TaskQueues,
  { folder }: RunCommandOptions = {},
): Promise<void> {
  const { deploymentCommand } = await import('./deployment.ts');
  await run(
    deploymentCommand(() => taskQueues),
    folder,
    ['engine'],
  );
}

/**
 * Runs the command `replay` as a separate process, on the workflows of an application. The folder's environment is used for histories of
 * the engine only: files need no server.
 */
export async function runReplayCommand(application: ReplayedApplication): Promise<void> {
  const { replayCommand } = await import('./replay.ts');
  await runCommand(replayCommand(application));
}

async function run(
  command: CommandUnknownOpts,
  folder: string | undefined,
  needed?: readonly Needed[],
): Promise<void> {
  if (folder !== undefined) {
    const { inFolder } = await import('./folder-environment.ts');
    inFolder(command, folder, needed);
  }
  await runCommand(command);
}
