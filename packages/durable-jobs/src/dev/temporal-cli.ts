import { chmodSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { downloadWithSdk, findOnPath, firstLine, isExecutable, outputOf } from './executables.ts';
import { withLock } from './lock.mjs';
import { errorMessage } from '../process/errors.ts';
import { cacheFolder, ensureDir } from './paths.ts';
import { requireDevPackage } from './dev-package.ts';
import type { Report } from './wait.ts';

/** Version for machines that have no CLI of their own. The newest that `go install` can build. */
export const TEMPORAL_CLI_VERSION = '1.5.1';

/** Older servers lack features that the project uses, such as updates and activity operations. */
const OLDEST_SERVER = [1, 28] as const;

/** A CLI and its origin. */
export interface TemporalCli {
  path: string;
  source: 'PATH' | 'cache' | 'download' | 'build';
}

/** Options of the search for the CLI. */
export interface ResolveCliOptions {
  signal?: AbortSignal;
  /**
   * Installs a CLI of {@link TEMPORAL_CLI_VERSION} at `target` if the download fails.
   * @throws an error with the reason if it can't.
   */
  build?: (target: string, options: { report: Report; signal?: AbortSignal }) => Promise<void>;
}

/**
 * Finds the Temporal CLI on PATH or in the user's cache, or gets it through the SDK's download or a build.
 * @throws an error that says what to do if none of these works.
 */
export async function resolveTemporalCli(
  report: Report,
  options: ResolveCliOptions = {},
): Promise<TemporalCli> {
  const onPath = findOnPath('temporal');
  if (onPath !== undefined) {
    const problem = await problemWith(onPath);
    if (problem === undefined) return { path: onPath, source: 'PATH' };
    report(`${onPath} is not used: ${problem}`);
  }
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const cached = join(cacheFolder(), 'bin', `temporal-${TEMPORAL_CLI_VERSION}${suffix}`);
  if (isExecutable(cached)) return { path: cached, source: 'cache' };
  const folder = ensureDir(dirname(cached));
  return withLock(
    join(folder, `.temporal-${TEMPORAL_CLI_VERSION}.lock`),
    async () => {
      if (isExecutable(cached)) return { path: cached, source: 'cache' };
      return getTemporalCli(cached, { report, ...options });
    },
    (holder) => report(`process ${holder} is installing the Temporal CLI; waiting for it`),
  );
}

async function getTemporalCli(
  target: string,
  options: ResolveCliOptions & { report: Report },
): Promise<TemporalCli> {
  const failures: string[] = [];
  try {
    await download(target, options);
    return { path: target, source: 'download' };
  } catch (error) {
    options.signal?.throwIfAborted();
    failures.push(`its download failed (${firstLine(error)})`);
  }
  if (options.build) {
    try {
      options.report(`${failures[0] ?? ''}: building it instead`);
      await options.build(target, options);
      const problem = await problemWith(target);
      if (problem === undefined) return { path: target, source: 'build' };
      rmSync(target, { force: true });
      failures.push(`the built executable does not work: ${problem}`);
    } catch (error) {
      options.signal?.throwIfAborted();
      failures.push(`it could not be built (${errorMessage(error)})`);
    }
  }
  throw new Error(
    `No Temporal server is available: \`temporal\` is not on PATH, and ${failures.join(', and ')}.\n` +
      'Install the Temporal CLI (https://docs.temporal.io/cli), or set TEMPORAL_ADDRESS to use your own server.',
  );
}

async function download(target: string, options: { report: Report; signal?: AbortSignal }): Promise<void> {
  requireDevPackage('@temporalio/testing', 'Downloading the Temporal CLI');
  const folder = mkdtempSync(join(dirname(target), '.download-'));
  try {
    await downloadWithSdk('dev-server', `v${TEMPORAL_CLI_VERSION}`, folder, options);
    const [file] = readdirSync(folder);
    if (file === undefined) throw new Error('the SDK downloaded nothing');
    chmodSync(join(folder, file), 0o755);
    renameSync(join(folder, file), target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Returns why a CLI cannot be used, or undefined if it can. */
async function problemWith(path: string): Promise<string | undefined> {
  const output = await outputOf(path, ['--version']);
  if (output === undefined) return 'it does not run';
  const [, major, minor] = /Server (\d+)\.(\d+)/.exec(output) ?? [];
  if (major === undefined || minor === undefined) return undefined;
  const [oldestMajor, oldestMinor] = OLDEST_SERVER;
  const newEnough =
    Number(major) > oldestMajor || (Number(major) === oldestMajor && Number(minor) >= oldestMinor);
  return newEnough ? undefined : `its server ${major}.${minor} is older than ${OLDEST_SERVER.join('.')}`;
}
