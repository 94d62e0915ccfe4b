/**
 * Compiles the sources for the processes that tests start: a process of compiled files starts with a third of the processor time of one
 * that compiles them as it loads them. The global set-up runs it as a separate process, because it takes seconds of processor time.
 */
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { transformWithEsbuild } from 'vite';
import { bundleWorkflows } from '../../packages/durable-jobs/src/worker/workflow-code.ts';
import { workflowFiles } from '../../worker/bundle.ts';
import { projectRoot } from '../../local/paths.ts';

/** Folders that processes of tests run or import. */
const FOLDERS = [
  'activities',
  'api',
  'bench',
  'contracts',
  'deploy',
  'domain',
  'local',
  'packages/durable-jobs',
  'schedules',
  'test/support/releases',
  'tools',
  'worker',
  'workflows',
];

/** Folders without sources. */
const LEFT_OUT = ['node_modules', 'dist'];

const target = process.argv[2] ?? '';

await Promise.all([
  ...FOLDERS.map((folder) => compileFolder(folder)),
  cp(join(projectRoot, 'package.json'), join(target, 'package.json')),
  linkPackages(),
  bundleWorkflows({ ...workflowFiles, bundle: join(target, 'workflow-bundle.js') }),
]);

/** Compiles each TypeScript file next to its name, and copies the others. */
async function compileFolder(folder: string): Promise<void> {
  const entries = await readdir(join(projectRoot, folder), { withFileTypes: true });
  await mkdir(join(target, folder), { recursive: true });
  await Promise.all(
    entries
      .filter(({ name }) => !LEFT_OUT.includes(name) && !name.endsWith('.test.ts'))
      .map((entry) => {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) return compileFolder(path);
        return entry.name.endsWith('.ts') ? compileFile(path) : copyFile(path);
      }),
  );
}

async function compileFile(path: string): Promise<void> {
  const source = await readFile(join(projectRoot, path), 'utf8');
  const { code } = await transformWithEsbuild(source, path, { sourcemap: false, target: 'node20' });
  await writeFile(join(target, path.replace(/\.ts$/, '.js')), importsCompiled(code));
}

/** Its package exports the sources under a condition. */
async function copyFile(path: string): Promise<void> {
  if (path !== 'packages/durable-jobs/package.json') return cp(join(projectRoot, path), join(target, path));
  const text = await readFile(join(projectRoot, path), 'utf8');
  await writeFile(join(target, path), text.replace(/("durable-jobs-source": "[^"]*)\.ts"/g, '$1.js"'));
}

/** Replaces the file names in relative imports by those of the compiled files. */
function importsCompiled(code: string): string {
  return code.replace(/(\bfrom\s*|\bimport\s*\(?\s*)(["'])(\.{1,2}\/[^"'\n]+)\.ts\2/g, '$1$2$3.js$2');
}

/** Makes the installed packages, and this project's compiled ones, available to the compiled files. */
async function linkPackages(): Promise<void> {
  const from = join(projectRoot, 'node_modules');
  const to = join(target, 'node_modules');
  await mkdir(to, { recursive: true });
  const names = (await readdir(from)).filter((name) => !name.startsWith('.') && name !== 'durable-jobs');
  await Promise.all(names.map((name) => symlink(join(from, name), join(to, name), 'junction')));
  await symlink(join(target, 'packages', 'durable-jobs'), join(to, 'durable-jobs'), 'junction');
}
