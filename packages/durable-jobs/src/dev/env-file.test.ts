import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readEnvFile } from './env-file.ts';

it('reads the variables of a file, and none if there is no file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'env-file-'));
  const file = join(folder, '.env');
  writeFileSync(file, '# comment\nexport API_PORT=4000 # moved\nNAME="a # b"\nEMPTY=\n');
  expect(readEnvFile(file)).toEqual({ API_PORT: '4000', NAME: 'a # b', EMPTY: '' });
  expect(readEnvFile(join(folder, 'none'))).toEqual({});
  expect(() => readEnvFile(folder)).toThrow('EISDIR');
  rmSync(folder, { recursive: true });
});
