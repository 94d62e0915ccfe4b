import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { claimStack, noUrls, type StackInfo, writeStack } from '../dev/stack-file.ts';
import { createCommand } from '../process/command.ts';
import { inFolder, requireNamedServers, useFolderEnvironment } from './folder-environment.ts';

it('refuses to act on servers that nobody has named', () => {
  expect(() => requireNamedServers({}, ['engine'])).toThrow(
    'No stack runs in this folder, and TEMPORAL_ADDRESS is not set. Start the stack, or set it',
  );
  expect(() =>
    requireNamedServers({ TEMPORAL_ADDRESS: '', TEMPORAL_API_KEY: 'k' }, ['database', 'engine']),
  ).toThrow('DATABASE_URL and TEMPORAL_ADDRESS are not set. Start the stack, or set them');
  const stack = { urls: { ...noUrls, temporalAddress: 'cluster:7233' } };
  expect(() => requireNamedServers({}, ['engine'], stack)).toThrow(
    'The running stack uses Temporal at cluster:7233, which .env does not name: set TEMPORAL_ADDRESS.',
  );
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

/** Runs a stack's description for a folder with this `.env`, and returns what a command's environment becomes. */
function environmentBeside(
  stack: Partial<Pick<StackInfo, 'processes'>> & { temporalAddress: string },
  dotEnv: string,
  shell: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  const folder = mkdtempSync(join(tmpdir(), 'folder-'));
  writeFileSync(join(folder, '.env'), `DURABLE_JOBS_STATE=elsewhere\n${dotEnv}`);
  const stateDir = join(folder, 'elsewhere');
  const release = claimStack(stateDir);
  writeStack(stateDir, {
    pid: process.pid,
    startedAt: '',
    urls: { ...noUrls, database: 'postgres://stack/jobs', temporalAddress: stack.temporalAddress },
    ownUrls: {},
    apiKey: '',
    fromEnvFile: [],
    processes: stack.processes ?? { temporal: 1 },
  });
  const env = { ...shell };
  useFolderEnvironment(folder, env);
  release?.();
  return env;
}

it('uses the servers of the running stack rather than those that .env names', () => {
  const dotEnv =
    'DATABASE_URL_FILE=/run/url\nDATABASE_PASSWORD=theirs\nTEMPORAL_ADDRESS=cluster:7233\nTEMPORAL_API_KEY=k\n';
  expect(environmentBeside({ temporalAddress: '127.0.0.1:17233' }, dotEnv, {})).toMatchObject({
    DATABASE_URL: 'postgres://stack/jobs',
    DATABASE_PASSWORD: '',
    TEMPORAL_ADDRESS: '127.0.0.1:17233',
    TEMPORAL_API_KEY: '',
  });
});

it('uses what the shell names rather than the running stack, which an empty variable selects', () => {
  const named = { DATABASE_URL: 'postgres://mine/jobs', TEMPORAL_ADDRESS: 'mine:7233' };
  expect(environmentBeside({ temporalAddress: '127.0.0.1:17233' }, '', named)).toMatchObject(named);
  const off = { DATABASE_URL: '', PAYLOAD_KEYS: '' };
  const dotEnv = 'DATABASE_URL=postgres://theirs/jobs\nPAYLOAD_KEYS=theirs\n';
  expect(environmentBeside({ temporalAddress: '127.0.0.1:17233' }, dotEnv, off)).toMatchObject({
    DATABASE_URL: 'postgres://stack/jobs',
    PAYLOAD_KEYS: '',
  });
});

it('names the engine of .env only if the running stack uses it', () => {
  const dotEnv = 'TEMPORAL_ADDRESS=cluster:7233\nTEMPORAL_NAMESPACE=shop\n';
  const beside = (temporalAddress: string) =>
    environmentBeside({ temporalAddress, processes: {} }, dotEnv, {});
  expect(beside('cluster:7233')).toMatchObject({
    TEMPORAL_ADDRESS: 'cluster:7233',
    TEMPORAL_NAMESPACE: 'shop',
  });
  expect(beside('staging:7233')).toMatchObject({ TEMPORAL_ADDRESS: '' });
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
