import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { appFiles, findFile, requireFile } from './find-file.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'find-file-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(...names: string[]): void {
  for (const name of names) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), '');
  }
}

const search = (given?: string) => ({ folder, option: '--app', given, candidates: appFiles });

it('finds the first that exists', () => {
  expect(findFile(search())).toBeUndefined();
  write('dist/jobs.js', 'src/jobs.js');
  expect(findFile(search())).toBe(join(folder, 'src/jobs.js'));
  write('src/jobs.ts');
  expect(findFile(search())).toBe(join(folder, 'src/jobs.ts'));
  write('jobs.ts');
  expect(requireFile(search())).toBe(join(folder, 'jobs.ts'));
});

it('uses the given one, if it exists', () => {
  write('jobs.ts', 'lib/definitions.ts');
  expect(findFile(search('lib/definitions.ts'))).toBe(join(folder, 'lib/definitions.ts'));
  expect(() => findFile(search('none.ts'))).toThrow(
    `--app: the file ${join(folder, 'none.ts')} does not exist.`,
  );
});

it('says where it looked', () => {
  expect(() => requireFile(search())).toThrow(
    `${folder} contains none of jobs.ts, src/jobs.ts, jobs.js, src/jobs.js, dist/jobs.js: specify the file with --app.`,
  );
});
