import { mkdtempSync, existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { ConfigError } from '../config/config.ts';
import { loadApiConfig, loadWorkerConfig, readTogether } from '../config/config.ts';
import { createStack, stopGraceMs } from './stack.ts';

const never = (): never => {
  throw new Error('it must not start');
};

it('reports every invalid variable at once, before anything starts', async () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'stack-'));
  const printed: string[] = [];
  let checked: NodeJS.ProcessEnv = {};
  const stack = createStack({
    env: {
      API_PORT: 'many',
      MY_PORT: '0',
      API_KEY: 'short',
      SMTP_URL: 'mail',
      PAYLOAD_KEYS_FILE: '/nowhere/keys',
      WORKER_SHUTDOWN_GRACE: 'soon',
      TEMPORAL_NAMESPACE: 'production',
    },
    stateDir,
    steps: { run: never, print: (text) => printed.push(text) },
    signal: new AbortController().signal,
    events: { died: never, restarted: never, gaveUp: never },
    ownParts: [
      {
        name: 'mine',
        port: { variable: 'MY_PORT', preferred: 4000 },
        spec: never,
        env: (url) => ({ MY_URL: url }),
      },
    ],
    checkConfig: (env) => {
      checked = env;
      readTogether(
        () => loadApiConfig(env),
        () => loadWorkerConfig(env, {}),
      );
    },
    prepare: [{ name: 'nothing', run: never }],
    api: { spec: never },
    worker: { spec: never },
  });
  const failure = await stack.start().catch((error: unknown) => error);
  expect((failure as ConfigError).problems.map((problem) => problem.split(/[: ]/, 1)[0])).toEqual([
    'PAYLOAD_KEYS_FILE',
    'API_PORT',
    'MY_PORT',
    'API_KEY',
    'WORKER_SHUTDOWN_GRACE',
    'SMTP_URL',
  ]);
  // It is the environment that the processes would get.
  expect(checked).toMatchObject({
    NODE_ENV: 'development',
    MY_URL: 'http://127.0.0.1:4000',
    TEMPORAL_NAMESPACE: 'default',
    API_SHUTDOWN_GRACE: '500ms',
  });
  expect(stack.info().processes).toEqual({});
  expect(existsSync(join(stateDir, 'ports.json'))).toBe(false);
  expect(printed).toEqual([]);
  rmSync(stateDir, { recursive: true });
});

it.each([
  [{ API_SHUTDOWN_GRACE: '500ms', WORKER_SHUTDOWN_GRACE: '500ms' }, 15_500, 30_500],
  [{ API_SHUTDOWN_GRACE: '1m', WORKER_SHUTDOWN_GRACE: '10m' }, 75_000, 630_000],
])('kills a process only after the time that it is given, case %#', (env, api, worker) => {
  expect(stopGraceMs('api', env)).toBe(api);
  expect(stopGraceMs('worker', env)).toBe(worker);
});
