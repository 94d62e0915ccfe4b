/** `npm start` and, with --watch, `npm run dev`: starts the local stack, keeps it running, and stops it in order. */
import { join } from 'node:path';
import { logFolder, runStack, withEnvFile } from 'durable-jobs/dev';
import { createCommand, runCommand } from 'durable-jobs/process';
import { projectRoot, stateDir } from './paths.ts';
import { createLocalStack } from './stack.ts';
import { welcome } from './welcome.ts';

/** The sources of the API and the worker. */
const WATCHED = [
  'api',
  'worker',
  'workflows',
  'activities',
  'contracts',
  'schedules',
  'domain',
  'packages/durable-jobs/src',
];

await runCommand(
  createCommand('npm start')
    .usage('[-- --watch]')
    .description('Starts the local stack.')
    .option('--watch', 'reload on change, as `npm run dev` does')
    .action(async ({ watch = false }) => process.exit(await start(watch))),
);

/** Runs the stack until it is stopped; returns the exit code. */
function start(watch: boolean): Promise<number> {
  const { env, fromEnvFile } = withEnvFile(process.env, join(projectRoot, '.env'));
  const from = fromEnvFile.length === 0 ? '' : `\n  - from .env: ${fromEnvFile.join(', ')}`;
  return runStack({
    title: `Starting durable-jobs${watch ? ', reloading on change' : ''}${from}`,
    stateDir,
    createStack: (context) => createLocalStack({ ...context, env, fromEnvFile, reloads: watch }),
    welcome: (info) => welcome(info, logFolder(stateDir)),
    ...(watch && { watch: { folder: projectRoot, paths: WATCHED } }),
  });
}
