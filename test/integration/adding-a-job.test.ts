import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { projectRoot } from '../../local/paths.ts';

/** Code of the page: a whole file, or lines to be added to one. */
interface Block {
  file: string;
  language: string;
  code: string;
}

/** The code blocks of the page, each for the file that was named last before it. */
function readBlocks(pageFile: string): Block[] {
  const page = readFileSync(join(projectRoot, pageFile), 'utf8');
  const blocks: Block[] = [];
  for (const match of page.matchAll(/```(ts|diff)\n([\s\S]*?)```/g)) {
    const before = page.slice(0, match.index);
    const file = [...before.matchAll(/`([\w/.-]+\.ts)`/g)].at(-1)?.[1];
    if (file === undefined) throw new Error(`no file is named before:\n${match[0]}`);
    blocks.push({ file, language: match[1] ?? '', code: match[2] ?? '' });
  }
  return blocks;
}

const pages = [
  'docs/adding-a-job.md',
  'docs/work-queue.md',
  'docs/bulk.md',
  'docs/testing.md',
  'docs/client.md',
];

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

/** Gives a copy of the project the installed packages, and a separate copy of the library. */
function linkPackages(copy: string): void {
  const installed = join(projectRoot, 'node_modules');
  mkdirSync(join(copy, 'node_modules'));
  for (const name of readdirSync(installed)) {
    const target = name === 'durable-jobs' ? join(copy, 'packages', name) : join(installed, name);
    symlinkSync(target, join(copy, 'node_modules', name));
  }
}

describe('docs/adding-a-job.md, with the code of the pages on work items, bulk tasks, tests and the client', () => {
  const copy = mkdtempSync(join(tmpdir(), 'durable-jobs-adding-'));
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  it('leads to a job that compiles and passes its test', { timeout: 240_000 }, async () => {
    const skipped = new Set(
      ['node_modules', '.git', '.state', 'dist'].map((name) => join(projectRoot, name)),
    );
    cpSync(projectRoot, copy, { recursive: true, filter: (path) => !skipped.has(path) });
    linkPackages(copy);

    for (const { file, language, code } of pages.flatMap(readBlocks)) {
      const path = join(copy, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, language === 'ts' ? code : addLines(readFileSync(path, 'utf8'), code));
    }
    const run = (command: string, ...args: string[]) =>
      execa(command, args, {
        cwd: copy,
        preferLocal: true,
        localDir: copy,
        all: true,
        reject: false,
        env: { REQUIRE_ALL_PARTS: '' },
      });
    const compiled = await run('tsc', '--noEmit');
    expect(compiled.all).toBe('');
    const units = await run('vitest', 'run', '--project', 'unit', 'contracts');
    expect(units.exitCode, units.all).toBe(0);
    // If the time-skipping server is missing, the new job's own test is skipped in the copy, too.
    if (inject('timeSkippingServer').path === undefined) return;
    const workflow = await run('vitest', 'run', '--project', 'workflows', 'send-anniversary-email');
    expect(workflow.exitCode, workflow.all).toBe(0);
    expect(workflow.all).toContain('2 passed');
  });
});
