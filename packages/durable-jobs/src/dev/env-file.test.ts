import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readEnvFile, withEnvFile } from './env-file.ts';

it('reads the variables of a file, and none if there is no file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'env-file-'));
  const file = join(folder, '.env');
  writeFileSync(file, '# comment\nexport API_PORT=4000 # moved\nNAME="a # b"\nEMPTY=\n');
  expect(readEnvFile(file)).toEqual({ API_PORT: '4000', NAME: 'a # b', EMPTY: '' });
  expect(readEnvFile(join(folder, 'none'))).toEqual({});
  expect(() => readEnvFile(folder)).toThrow('EISDIR');
  rmSync(folder, { recursive: true });
});

it('adds what the environment does not set, and names it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'env-file-'));
  const file = join(folder, '.env');
  writeFileSync(file, 'API_KEY=of-the-file\nSTRIPE_API_KEY=sk_live\nLOG_LEVEL=\nSMTP_URL=smtp://mail\n');
  // An empty variable turns one of the file off.
  expect(withEnvFile({ API_KEY: 'of-the-shell', STRIPE_API_KEY: '' }, file)).toEqual({
    env: { API_KEY: 'of-the-shell', STRIPE_API_KEY: '', LOG_LEVEL: '', SMTP_URL: 'smtp://mail' },
    fromEnvFile: ['SMTP_URL'],
  });
  rmSync(folder, { recursive: true });
});

it.each([
  ['a value of the file beside a file of the environment', { API_KEY_FILE: '/key' }, 'API_KEY=x', {}],
  ['a file beside a value', { API_KEY: 'mine' }, 'API_KEY_FILE=/key', {}],
  ['a file that an empty value turns off', { API_KEY: '' }, 'API_KEY_FILE=/key', {}],
  ['a value beside no file', { API_KEY_FILE: '' }, 'API_KEY=x', { API_KEY: 'x' }],
])('adds what is not given: %s', (_, env: NodeJS.ProcessEnv, text, added: NodeJS.ProcessEnv) => {
  const folder = mkdtempSync(join(tmpdir(), 'env-file-'));
  writeFileSync(join(folder, '.env'), text);
  expect(withEnvFile(env, join(folder, '.env')).env).toEqual({ ...env, ...added });
  rmSync(folder, { recursive: true });
});
