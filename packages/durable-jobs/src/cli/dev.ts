import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import pc from 'picocolors';
import { loadApiConfig, loadWorkerConfig, readTogether } from '../config/config.ts';
import { applyingSchedules } from '../config/apply-schedules.ts';
import { requireDevPackage } from '../dev/dev-package.ts';
import { withEnvFile } from '../dev/env-file.ts';
import { runTask } from '../dev/executables.ts';
import { runStack } from '../dev/run-stack.ts';
import { apiKeyOf, databaseOf, listed, temporalUiOf } from '../dev/shown.ts';
import { answers, answersOk, namesTemporal } from '../dev/stack-environment.ts';
import { logFolder, stateFolderOf, type StackInfo } from '../dev/stack-file.ts';
import { createStack, type AppProcess, type PrepareStep } from '../dev/stack.ts';
import type { Steps } from '../dev/steps.ts';
import { createCommand, oneLine, RefusedError } from '../process/command.ts';
import { consolePath } from './console-path.ts';
import { appFiles, findFile, requireFile, type FileSearch } from './find-file.ts';
import { formatLogLine } from '../dev/format-log-line.ts';

/** The files that `dev` runs, either given or found. */
interface AppFiles {
  api: string;
  worker: string;
  /** The file that creates the application's tables. */
  migrate: string | undefined;
  /** The file that exports durableJobs, whose tables the library creates. */
  jobs: string | undefined;
}

/** Long enough for a busy machine, or one that reads everything from a cold disk. */
const READY_MS = 120_000;
const MIGRATE_MS = 300_000;

/** `dev`: runs PostgreSQL, Temporal, an inbox, and the application's API and worker with reload. */
export function devCommand(): CommandUnknownOpts {
  return createCommand('dev')
    .description(
      "run PostgreSQL, Temporal, an inbox, and the application's API and worker, reloading on change",
    )
    .option('--api <file>', 'the file that listens on PORT (default: app.ts or src/app.ts)', oneLine)
    .option('--worker <file>', 'the file that runs the worker (default: worker.ts or src/worker.ts)', oneLine)
    .option(
      '--migrate <file>',
      "the file that creates the application's tables (default: migrate.ts or src/migrate.ts)",
      oneLine,
    )
    .option('--app <file>', 'the file that exports durableJobs (default: jobs.ts or src/jobs.ts)', oneLine)
    .action(async ({ api, worker, migrate, app }) => {
      const folder = process.cwd();
      const search = (option: string, name: string, given: string | undefined): FileSearch => ({
        folder,
        option,
        given,
        candidates: [`${name}.ts`, `src/${name}.ts`, `${name}.js`, `src/${name}.js`],
      });
      const files = {
        api: requireFile(search('--api', 'app', api)),
        worker: requireFile(search('--worker', 'worker', worker)),
        migrate: findFile(search('--migrate', 'migrate', migrate)),
        jobs: findFile({ folder, option: '--app', given: app, candidates: appFiles }),
      };
      requirePackages(files);
      process.exitCode = await runDev(folder, files);
      // Connections of the SDK's client would keep the process alive.
      process.exit();
    });
}

/** @throws {RefusedError} that names the packages to install. */
function requirePackages(files: AppFiles): void {
  try {
    const { api, worker, migrate } = files;
    if ([api, worker, migrate].some((file) => file?.endsWith('.ts'))) requireDevPackage('tsx', 'TypeScript');
  } catch (error) {
    throw new RefusedError((error as Error).message);
  }
}

async function runDev(folder: string, files: AppFiles): Promise<number> {
  const { env: named, fromEnvFile } = withEnvFile(process.env, join(folder, '.env'));
  // Others may use an engine that is not the stack's own.
  const env = namesTemporal(named) ? named : { ...applyingSchedules, ...named };
  const stateDir = stateFolderOf(folder, env);
  return runStack({
    title: `Starting ${folder}${fromEnvFile.length === 0 ? '' : `\n  - from .env: ${fromEnvFile.join(', ')}`}`,
    stateDir,
    createStack: (context) =>
      createStack({
        ...context,
        env,
        fromEnvFile,
        checkConfig,
        stateDir,
        reloads: true,
        prepare: [
          ...(files.jobs === undefined ? [] : [libraryMigrations(folder, files.jobs)]),
          ...(files.migrate === undefined ? [] : [ownMigrations(folder, files.migrate)]),
        ],
        api: appProcess(folder, files.api, { steps: context.steps, label: 'api', isReady: answers }),
        worker: appProcess(folder, files.worker, {
          steps: context.steps,
          label: 'worker',
          isReady: (url) => answersOk(`${url}/readyz`),
        }),
      }),
    welcome: (info) => welcome(info, stateDir, consolePath(readFileSync(files.api, 'utf8'))),
    watch: {
      folder,
      paths: ['.'],
      prepares: (file) => file.endsWith('.sql') || join(folder, file) === files.migrate,
    },
  });
}

/**
 * Reads the library's variables as the API and the worker will. The names of the application's task queues are known only to its own code.
 * @throws {ConfigError} that names every invalid variable.
 */
export function checkConfig(env: NodeJS.ProcessEnv): void {
  readTogether(
    () => loadApiConfig(env),
    () => loadWorkerConfig({ ...env, WORKER_TASK_QUEUES: undefined }, {}),
  );
}

/** Runs the library's migrations, as the command `migrate` does. */
function libraryMigrations(folder: string, app: string): PrepareStep {
  return migrations('tables', folder, [
    ...process.execArgv,
    ...process.argv.slice(1, 2),
    'migrate',
    '--app',
    app,
  ]);
}

/** Runs the application's own migrations. */
function ownMigrations(folder: string, file: string): PrepareStep {
  return migrations('migrations', folder, nodeArguments(file));
}

function migrations(name: string, folder: string, args: string[]): PrepareStep {
  return {
    name,
    run: async (env, signal) => {
      const output = await runTask(process.execPath, args, {
        cwd: folder,
        env,
        timeoutMs: MIGRATE_MS,
        signal,
      });
      return output.trim().split('\n').map(formatLogLine).at(-1) ?? '';
    },
  };
}

function appProcess(
  folder: string,
  file: string,
  options: {
    steps: Steps;
    label: string;
    isReady: (url: string) => (signal: AbortSignal) => Promise<boolean>;
  },
): AppProcess {
  const { steps, label, isReady } = options;
  const prefix = pc.dim(`${label.padEnd(6)} │`);
  return {
    spec: (url) => ({
      command: process.execPath,
      args: nodeArguments(file),
      cwd: folder,
      channel: true,
      isReady: isReady(url),
      readyTimeoutMs: READY_MS,
      onLine: (line) => steps.print(`${prefix} ${formatLogLine(line)}`),
    }),
  };
}

/** Arguments with which Node runs a file of the application: the flags of this process, and the file. */
function nodeArguments(file: string): string[] {
  return [...process.execArgv, ...(file.endsWith('.ts') ? ['--import', 'tsx'] : []), file];
}

/** Returns the addresses of everything that runs, the console first. It has no secret of the environment's. */
function welcome(info: StackInfo, stateDir: string, mountPath: string | undefined): string {
  const { urls } = info;
  const rows = listed([
    ['console', mountPath === undefined ? '' : new URL(mountPath, urls.api).href],
    ['API key', apiKeyOf(info)],
    ['application', urls.api],
    ['Temporal Web UI', temporalUiOf(info)],
    ['inbox', urls.inbox],
    ['PostgreSQL', databaseOf(info)],
    ['logs', logFolder(stateDir)],
  ]);
  return [...rows, ''].join('\n');
}
