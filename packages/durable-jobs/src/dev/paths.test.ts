import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cacheFolder, ensureDir, namingFolder } from './paths.ts';
import { claimStack } from './stack-file.ts';

it('finds the folder for downloads, and says what to set if there is no home folder', () => {
  expect(cacheFolder({ DURABLE_JOBS_CACHE: '/cache/jobs', HOME: '/home/ada' })).toBe('/cache/jobs');
  expect(cacheFolder({ XDG_CACHE_HOME: '/cache', HOME: '' })).toBe('/cache/durable-jobs');
  expect(() => cacheFolder({ HOME: '' })).toThrow('set HOME, or set DURABLE_JOBS_CACHE');
});

it('names a folder that cannot be written, and the reason', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'paths ä-')), 'file');
  writeFileSync(file, '');
  expect(() => ensureDir(join(file, 'state'))).toThrow(
    `The folder ${file}/state cannot be written: a part of its path is a file.`,
  );
  expect(() => claimStack(file)).toThrow(`The folder ${file} cannot be written: a file has its name.`);
  const readOnly = (): never => {
    throw Object.assign(new Error('EROFS: read-only file system, open'), { code: 'EROFS' });
  };
  expect(() => namingFolder('/app', readOnly)).toThrow(
    'The folder /app cannot be written: it is on a read-only file system.',
  );
});
