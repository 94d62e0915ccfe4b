import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
  chmodSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { projectRoot } from '../../../local/paths.ts';
import { readBlocks } from './pages.ts';

/** The pages whose code makes the project one that compiles. */
const pagesWithCode = [
  'docs/adding-a-job.md',
  'docs/work-queue.md',
  'docs/bulk.md',
  'docs/testing.md',
  'docs/client.md',
];

/** What a clone contains is copied. */
const left = new Set(
  ['node_modules', '.git', '.state', '.env', 'dist'].map((name) => join(projectRoot, name)),
);

/** Copies the project into a temporary folder and applies the code of the pages on jobs, work items, bulk tasks, tests and the client. */
export function copyProjectWithCode(): string {
  const copy = mkdtempSync(join(tmpdir(), 'durable-jobs-docs-'));
  // PostgreSQL may run as another user, which must be able to access the folder.
  chmodSync(copy, 0o711);
  cpSync(projectRoot, copy, { recursive: true, filter: (path) => !left.has(path) });
  linkPackages(copy);
  for (const page of pagesWithCode) {
    let file: string | undefined;
    for (const { language, code, before } of readBlocks(page)) {
      file = [...before.matchAll(/`([\w/.-]+\.ts)`/g)].at(-1)?.[1] ?? file;
      if (language !== 'ts' && language !== 'diff') continue;
      if (file === undefined) throw new Error(`${page} names no file before:\n${code}`);
      const path = join(copy, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, language === 'ts' ? code : addLines(readFileSync(path, 'utf8'), code));
    }
  }
  return copy;
}

/** Gives a copy of the project the installed packages, and a separate copy of the library. */
function linkPackages(copy: string): void {
  const installed = join(projectRoot, 'node_modules');
  mkdirSync(join(copy, 'node_modules'));
  for (const name of readdirSync(installed)) {
    const target = name === 'durable-jobs' ? join(copy, 'packages', name) : join(installed, name);
    symlinkSync(target, join(copy, 'node_modules', name));
  }
}

/** Adds the `+` lines of a block below the context lines that they follow, and removes its `-` lines. */
function addLines(source: string, code: string): string {
  let lines = source.split('\n');
  let at = -1;
  for (const line of code.trimEnd().split('\n')) {
    const text = line.slice(1);
    if (line.startsWith('+')) {
      at++;
      lines = lines.toSpliced(at, 0, text);
    } else {
      at = lines.indexOf(text, at + 1);
      if (at === -1) throw new Error(`the page names a line that is not there: ${text}`);
      if (line.startsWith('-')) {
        lines = lines.toSpliced(at, 1);
        at--;
      }
    }
  }
  return lines.join('\n');
}
