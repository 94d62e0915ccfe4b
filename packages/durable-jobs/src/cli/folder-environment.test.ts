import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { claimStack, noUrls, writeStack } from '../dev/stack-file.ts';
import { createCommand } from '../process/command.ts';
import { addMissing, inFolder, requireNamedServers, useFolderEnvironment } from './folder-environment.ts';

it('sets what is missing or empty, and returns the names', () => {
  const env = { API_KEY: 'mine', LOG_LEVEL: '' };
  expect(addMissing(env, { API_KEY: 'theirs', LOG_LEVEL: 'info', PORT: '3000' })).toEqual([
    'LOG_LEVEL',
    'PORT',
  ]);
  expect(env).toEqual({ API_KEY: 'mine', LOG_LEVEL: 'info', PORT: '3000' });
});

it('keeps a value in a file, and a value instead of a file', () => {
  const env = { DATABASE_URL_FILE: '/run/secrets/url', API_KEY: 'mine' };
  expect(addMissing(env, { DATABASE_URL: 'postgres://stack/jobs', API_KEY_FILE: '/api-key' })).toEqual([]);
  expect(env).toEqual({ DATABASE_URL_FILE: '/run/secrets/url', API_KEY: 'mine' });
});

it('refuses to act on servers that nobody has named', () => {
  expect(() => requireNamedServers({}, ['engine'])).toThrow(
    'No stack runs in this folder, and TEMPORAL_ADDRESS is not set. Start the stack, or set it',
  );
  expect(() =>
    requireNamedServers({ TEMPORAL_ADDRESS: '', TEMPORAL_API_KEY: 'k' }, ['database', 'engine']),
  ).toThrow('DATABASE_URL and TEMPORAL_ADDRESS are not set. Start the stack, or set them');
  requireNamedServers({ TEMPORAL_PROFILE: 'staging', DATABASE_URL_FILE: '/run/secrets/url' }, [
    'database',
    'engine',
  ]);
});

it.each([
  ['uses the engine of a running stack', '127.0.0.1:17233', { temporal: 1 }, '127.0.0.1:17233'],
  ['names no engine beside a stack with another one', 'temporal.example:7233', {}, undefined],
  ['names no engine beside a stack whose profile names it', '', {}, undefined],
])('%s', (_, temporalAddress, processes: Record<string, number>, expected) => {
  const folder = mkdtempSync(join(tmpdir(), 'folder-'));
  const stateDir = join(folder, '.state');
  const release = claimStack(stateDir);
  writeStack(stateDir, {
    pid: process.pid,
    startedAt: '',
    urls: { ...noUrls, database: 'postgres://stack/jobs', temporalAddress },
    ownUrls: {},
    apiKey: '',
    fromEnvFile: [],
    processes,
  });
  const env: NodeJS.ProcessEnv = { TEMPORAL_NAMESPACE: 'shop' };
  useFolderEnvironment(folder, env);
  release?.();
  expect(env).toMatchObject({ DATABASE_URL: 'postgres://stack/jobs' });
  expect(env.TEMPORAL_ADDRESS).toBe(expected);
  expect(env.TEMPORAL_NAMESPACE).toBe(expected === undefined ? 'shop' : 'default');
});

it.each(['plan', 'apply', 'check'])('refuses the command %s without a stack', async (name) => {
  const folder = mkdtempSync(join(tmpdir(), 'folder-'));
  vi.stubEnv('TEMPORAL_ADDRESS', '');
  const acted = vi.fn();
  const command = inFolder(createCommand('schedules').addCommand(createCommand(name).action(acted)), folder);
  await expect(command.parseAsync([name], { from: 'user' })).rejects.toThrow('TEMPORAL_ADDRESS is not set');
  expect(acted).not.toHaveBeenCalled();
  vi.unstubAllEnvs();
});
