import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { createCommand, oneLine } from '../process/command.ts';
import { deploymentCommand } from './deployment.ts';
import { devCommand } from './dev.ts';
import { inFolder, requireNamedServers, useFolderEnvironment } from './folder-environment.ts';
import { initCommand } from './init.ts';
import { keysCommand } from './keys.ts';
import { libraryVersion } from './library-version.ts';
import { loadApplication } from './load-application.ts';
import { migrateCommand } from './migrate.ts';
import { payloadKeysCommand } from './payload-keys.ts';
import { replayCommand } from './replay.ts';
import { schedulesCommand } from './schedules.ts';

/** The command `durable-jobs`. */
export function createProgram(): CommandUnknownOpts {
  const schedules: CommandUnknownOpts = schedulesCommand(async () => {
    const folder = process.cwd();
    const stack = useFolderEnvironment(folder);
    const { app } = schedules.opts();
    const file = typeof app === 'string' ? app : undefined;
    const { environment, schedules: definitions } = (await loadApplication(folder, file)).application();
    requireNamedServers(environment, ['engine'], stack);
    return { env: environment, definitions };
  }).option('--app <file>', 'the file that exports durableJobs', oneLine);
  const deployment: CommandUnknownOpts = deploymentCommand(async () => {
    const { app } = deployment.opts();
    const file = typeof app === 'string' ? app : undefined;
    return (await loadApplication(process.cwd(), file)).application().taskQueues;
  }).option('--app <file>', 'the file that exports durableJobs', oneLine);
  return createCommand('durable-jobs')
    .description('Durable background jobs for Express applications, on Temporal.')
    .version(libraryVersion())
    .addCommand(initCommand())
    .addCommand(devCommand())
    .addCommand(migrateCommand())
    .addCommand(schedules)
    .addCommand(inFolder(keysCommand(), process.cwd()))
    .addCommand(inFolder(payloadKeysCommand(), process.cwd()))
    .addCommand(replayCommand())
    .addCommand(inFolder(deployment, process.cwd(), ['engine']));
}
