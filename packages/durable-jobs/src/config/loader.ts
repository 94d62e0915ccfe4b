import { loadClientConfigProfile, toClientOptions, type ClientConnectConfig } from '@temporalio/envconfig';
import type { z } from 'zod';
import { decodedLineFault } from '../values/text.ts';
import type { Environment } from './environment.ts';
import { temporalTlsProblems } from './temporal-tls.ts';
import { tlsProblems, tlsVariables } from './tls.ts';
import { grpcAddress } from './variables.ts';
import { withPassword } from './url-password.ts';
import { readVariableFiles } from './variable-files.ts';

export type { Environment } from './environment.ts';

/** Thrown with all problems of the environment. The message has one line per variable and contains no values. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`The configuration is not valid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/** The connection to Temporal, from the standard TEMPORAL_* variables and the profile file that they name. */
export interface TemporalConfig {
  connection: ClientConnectConfig['connectionOptions'];
  namespace: string;
}

/** URLs of servers, and the variables that provide their passwords separately, without URL encoding. */
const passwordVariables = [
  ['DATABASE_URL', 'DATABASE_PASSWORD'],
  ['AMQP_URL', 'AMQP_PASSWORD'],
  ['SMTP_URL', 'SMTP_PASSWORD'],
] as const;

/** Variables that a file may hold, beside those of the schemas: `@temporalio/envconfig` reads them from this environment. */
const temporalSecrets = ['TEMPORAL_API_KEY', 'TEMPORAL_TLS_CLIENT_KEY_DATA'];

/** Certificates and keys have several lines. */
const isText = new Set([
  'TEMPORAL_TLS_CLIENT_CERT_DATA',
  'TEMPORAL_TLS_CLIENT_KEY_DATA',
  'TEMPORAL_TLS_SERVER_CA_CERT_DATA',
  ...tlsVariables,
]);

const LOCAL_APP_SECRET = 'local-development-secret-never-used-in-production';

/** Reads variables and collects their problems, so that all of them are reported at once. */
export class Loader {
  readonly problems: string[];
  /** The variables that are set, by themselves or by a file. */
  readonly #env: Record<string, string>;
  /** The variables whose file cannot be used, which is a problem of its own. */
  readonly #unreadable: Set<string>;
  /** The variables with the passwords inserted into their URLs. */
  readonly #values: Record<string, string>;

  /** `schemas` are those whose variables are read: each may be in a file that `<name>_FILE` names. */
  constructor(env: Environment, ...schemas: readonly z.ZodObject[]) {
    const names = [...schemas.flatMap(({ shape }) => Object.keys(shape)), ...temporalSecrets];
    const read = readVariableFiles(env, names);
    this.#env = read.values;
    this.problems = read.problems;
    this.#unreadable = read.unreadable;
    this.#values = this.#withPasswords();
    if (['encrypted', 'bound'].includes(this.#env.PAYLOAD_ENCRYPTION ?? '') && !this.has('PAYLOAD_KEYS')) {
      this.problems.push('PAYLOAD_ENCRYPTION: requires PAYLOAD_KEYS, unless it is any');
    }
  }

  /** Reads the variables of a schema; undefined if one of them is missing or invalid. */
  parse<T>(schema: z.ZodObject & z.ZodType<T>): T | undefined {
    const faulty = new Set(this.#unreadable);
    for (const name of Object.keys(schema.shape)) {
      if (isText.has(name)) continue;
      const fault = decodedLineFault(this.#env[name] ?? '-');
      if (fault === undefined) continue;
      this.problems.push(`${name}: ${fault}`);
      faulty.add(name);
    }
    const parsed = schema.safeParse(this.#values);
    if (parsed.success) {
      this.problems.push(...tlsProblems(parsed.data));
      return parsed.data;
    }
    for (const issue of parsed.error.issues) {
      const name = String(issue.path[0]);
      if (faulty.has(name)) continue;
      this.problems.push(`${name}: ${name in this.#env ? issue.message : 'is missing'}`);
    }
    return undefined;
  }

  #withPasswords(): Record<string, string> {
    const apart = new Set<string>(passwordVariables.map(([, passwordName]) => passwordName));
    const env = Object.fromEntries(Object.entries(this.#env).filter(([name]) => !apart.has(name)));
    for (const [urlName, passwordName] of passwordVariables) {
      const url = env[urlName];
      if (url === undefined) continue;
      try {
        env[urlName] = withPassword(url, this.#env[passwordName]);
      } catch {
        this.problems.push(`${passwordName}: requires a user name in ${urlName}`);
      }
    }
    return env;
  }

  /** The address to listen on, with the schemas' default. It is needed before validation is complete. */
  host(name: string): string {
    return this.#env[name] ?? '127.0.0.1';
  }

  /** Whether a variable is set, be it by a file that cannot be used. */
  has(name: string): boolean {
    return name in this.#env || this.#unreadable.has(name);
  }

  /** Whether this is a developer's own machine, by NODE_ENV. */
  isLocal(): boolean {
    return this.#env.NODE_ENV === 'development' || this.#env.NODE_ENV === 'test';
  }

  /** Returns the secret, or the local one if the process listens on loopback during development. */
  appSecret(loopback: boolean): string {
    const secret = this.#env.APP_SECRET;
    if (!this.has('APP_SECRET') && !(loopback && this.isLocal())) {
      this.problems.push(
        'APP_SECRET: is missing; generate one with `openssl rand -hex 32`, the same for API and worker',
      );
    }
    return secret ?? LOCAL_APP_SECRET;
  }

  /** How to reach Temporal. */
  temporal(): TemporalConfig {
    for (const [name, value] of Object.entries(this.#env)) {
      const fault = name.startsWith('TEMPORAL_') ? decodedLineFault(value) : undefined;
      if (fault !== undefined && !isText.has(name)) this.problems.push(`${name}: ${fault}`);
    }
    try {
      const profile = loadClientConfigProfile({ overrideEnvVars: this.#env });
      const loaded = toClientOptions(profile);
      const { connectionOptions, namespace } = loaded;
      this.problems.push(...temporalTlsProblems(profile, loaded, this.#env));
      const address = grpcAddress.safeParse(connectionOptions.address ?? 'localhost');
      this.problems.push(
        ...(address.error?.issues ?? []).map(({ message }) => `TEMPORAL_ADDRESS: ${message}`),
      );
      return { connection: connectionOptions, namespace: namespace ?? 'default' };
    } catch (error) {
      this.problems.push(`TEMPORAL_*: ${error instanceof Error ? error.message : String(error)}`);
      return { connection: {}, namespace: 'default' };
    }
  }

  /** Builds the configuration. @throws {ConfigError} if there is any problem. */
  finish<T, R>(values: T | undefined, build: (values: T) => R): R {
    // An application may require what is optional for the library; then both report the problem.
    if (values === undefined || this.problems.length > 0) throw new ConfigError([...new Set(this.problems)]);
    return build(values);
  }
}

/** Calls functions that read configuration. @throws {ConfigError} with the problems of all of them. */
export function readTogether<const T extends readonly (() => unknown)[]>(
  ...reads: T
): { [Index in keyof T]: ReturnType<T[Index]> } {
  const problems: string[] = [];
  const values = reads.map((read) => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
      return undefined;
    }
  });
  if (problems.length > 0) throw new ConfigError([...new Set(problems)]);
  return values as { [Index in keyof T]: ReturnType<T[Index]> };
}
