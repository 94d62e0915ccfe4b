import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { createCommand, oneLine, print, RefusedError } from '../process/command.ts';
import { libraryVersion } from './library-version.ts';

/** The template that `init` copies: a complete application. */
const template = fileURLToPath(new URL('../../template', import.meta.url));

/** Files with a different name in the template, because npm and this repository's tools would otherwise use them. */
const renamed = {
  gitignore: '.gitignore',
  'package.application.json': 'package.json',
  'tsconfig.application.json': 'tsconfig.json',
};

/** `init DIR`: writes an application that is ready to run. */
export function initCommand(): CommandUnknownOpts {
  return createCommand('init')
    .description('create a runnable Express application with durable jobs in a new folder')
    .argument('<dir>', 'the folder to create; if it exists, it must be empty')
    .option('--durable-jobs <version>', 'the version of durable-jobs, or the path of its tarball', oneLine)
    .action((dir, { durableJobs }) => {
      const folder = resolve(dir);
      writeApplication(folder, dependency(folder, durableJobs));
      const there = relative(process.cwd(), folder);
      print(
        [
          `Created ${folder}:`,
          ...listFiles(folder).map((file) => `  ${file}`),
          '',
          'Next:',
          ...(there === '' ? [] : [`  cd ${there}`]),
          '  npm install',
          '  npm run dev',
        ].join('\n'),
      );
    });
}

/**
 * Writes an application into a folder.
 * @throws {RefusedError} if the folder is not empty, or is none.
 */
export function writeApplication(folder: string, durableJobs: string): void {
  if (existsSync(folder)) {
    const [first] = filesOf(folder);
    if (first !== undefined)
      throw new RefusedError(`The folder ${folder} is not empty: it contains ${first}.`);
  }
  mkdirSync(folder, { recursive: true });
  cpSync(template, folder, { recursive: true });
  for (const [from, to] of Object.entries(renamed)) renameSync(join(folder, from), join(folder, to));
  const file = join(folder, 'package.json');
  const description = JSON.parse(readFileSync(file, 'utf8')) as { dependencies: Record<string, string> };
  description.dependencies['durable-jobs'] = durableJobs;
  const named = { name: packageName(folder), ...description };
  writeFileSync(file, `${JSON.stringify(named, null, 2)}\n`);
}

function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR')
      throw new RefusedError(`${folder} is not a folder.`);
    throw error;
  }
}

/** Returns the library's entry in package.json: a range of versions, or the path of its tarball. @throws if the tarball does not exist. */
function dependency(folder: string, given = `^${libraryVersion()}`): string {
  if (!given.endsWith('.tgz')) return given;
  const tarball = resolve(given);
  if (!existsSync(tarball)) throw new RefusedError(`--durable-jobs: the file ${tarball} does not exist.`);
  return `file:${relative(folder, tarball).replaceAll('\\', '/')}`;
}

/** Returns a valid package name, derived from the folder's name. */
function packageName(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return name === '' ? 'application' : name;
}

function listFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}
