import { basename } from 'node:path';
import { watch } from 'chokidar';

/** Which files to watch. */
export interface WatchOptions {
  folder: string;
  /** Files and folders inside the folder. */
  paths: readonly string[];
}

/** Time window in which saved files count as one change. */
const SETTLE_MS = 100;
const IGNORED_FOLDERS = new Set(['node_modules', 'dist', 'coverage']);
const WATCHED_FILES = /\.(ts|mts|js|mjs|cjs|json|sql|html|css)$/;

/** Calls back with saved files, relative to the folder, once changes have settled. Returns the function that stops watching. */
export async function watchFiles(
  { folder, paths }: WatchOptions,
  onChange: (files: string[]) => void,
): Promise<() => Promise<void>> {
  const watcher = watch([...paths], {
    cwd: folder,
    ignoreInitial: true,
    ignored: (path, stats) => isIgnored(basename(path), stats?.isFile() ?? false),
  });
  const changed = new Set<string>();
  let settling: NodeJS.Timeout | undefined;
  watcher.on('all', (_event, file) => {
    // A folder that appears or is removed is not a change by itself.
    if (!WATCHED_FILES.test(file)) return;
    changed.add(file);
    clearTimeout(settling);
    settling = setTimeout(() => {
      const files = [...changed];
      changed.clear();
      onChange(files);
    }, SETTLE_MS);
  });
  await new Promise<void>((resolve) => watcher.once('ready', () => resolve()));
  return async () => {
    clearTimeout(settling);
    await watcher.close();
  };
}

function isIgnored(name: string, isFile: boolean): boolean {
  if (/^\.[^.]/.test(name)) return true;
  return isFile ? !WATCHED_FILES.test(name) || /\.test\.\w+$/.test(name) : IGNORED_FOLDERS.has(name);
}
