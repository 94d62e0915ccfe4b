import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FILE_SUFFIX, readVariableFiles } from '../config/variable-files.ts';
import { ensureDir } from './paths.ts';

/** Whether a variable has a value: an empty one counts as not set. */
export function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}

/** Returns the variable that an environment gives a value with: `<name>_FILE` if it is in a file. */
export function givenBy(env: NodeJS.ProcessEnv, name: string): string {
  return isSet(env[name + FILE_SUFFIX]) ? name + FILE_SUFFIX : name;
}

/** The variables that a stack itself reads, and that may be in a file. */
const readByStack = [
  'API_KEY',
  'AMQP_PASSWORD',
  'AMQP_URL',
  'API_SHUTDOWN_GRACE',
  'DATABASE_PASSWORD',
  'DATABASE_TLS_CA',
  'DATABASE_TLS_CERT',
  'DATABASE_TLS_KEY',
  'DATABASE_URL',
  'PAYLOAD_KEYS',
  'PUBLIC_URL',
  'SMTP_PASSWORD',
  'SMTP_URL',
  'TEMPORAL_API_KEY',
  'WORKER_SHUTDOWN_GRACE',
];

/**
 * Returns the environment with the contents of files in place of the `<name>_FILE` variables of what a stack reads, because it sets some of
 * these variables for its processes. `problems`: one line for each file that cannot be used.
 */
export function withFileValues(env: NodeJS.ProcessEnv): { env: NodeJS.ProcessEnv; problems: string[] } {
  const inFiles = readByStack.filter((name) => isSet(env[name + FILE_SUFFIX]));
  const { values, problems } = readVariableFiles(env, inFiles);
  const changed = inFiles.flatMap((name): [string, string | undefined][] => [
    [name, values[name]],
    [name + FILE_SUFFIX, undefined],
  ]);
  return { env: { ...env, ...Object.fromEntries(changed) }, problems };
}

/** Whether the environment names a Temporal server: an address, or a profile of the standard configuration file. */
export function namesTemporal(env: NodeJS.ProcessEnv): boolean {
  return isSet(env.TEMPORAL_ADDRESS) || isSet(env.TEMPORAL_PROFILE) || isSet(env.TEMPORAL_CONFIG_FILE);
}

/** Returns the environment of processes that use the stack's own Temporal server. */
export function withEmbeddedTemporal(
  env: NodeJS.ProcessEnv,
  { address, uiUrl, stateDir }: { address: string; uiUrl: string; stateDir: string },
): NodeJS.ProcessEnv {
  // An empty configuration file hides the user's own, whose default profile may be for a cluster with TLS.
  const configFile = join(ensureDir(join(stateDir, 'temporal')), 'no-profiles.toml');
  writeFileSync(configFile, '[profile.default]\n');
  return {
    ...Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_'))),
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: 'default',
    TEMPORAL_UI_URL: uiUrl,
    TEMPORAL_CONFIG_FILE: configFile,
  };
}

/** Returns an address to connect to for an address to listen on. */
export function reachable(host: string | undefined): string {
  if (!isSet(host) || host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

/** Whether a URL responds with success. @throws an error with the actual response. */
export function answersOk(url: string): (signal: AbortSignal) => Promise<boolean> {
  return async (signal) => {
    const response = await fetch(url, { signal });
    if (response.ok) {
      await response.body?.cancel();
      return true;
    }
    throw new Error(`${url} returned ${response.status}: ${(await response.text()).slice(0, 500)}`);
  };
}

/** Whether a URL responds to HTTP requests with any status. */
export function answers(url: string): (signal: AbortSignal) => Promise<boolean> {
  return async (signal) => {
    const response = await fetch(url, { signal, redirect: 'manual' });
    await response.body?.cancel();
    return true;
  };
}
