import type { Environment } from '../config/config.ts';
import { FILE_SUFFIX } from '../config/variable-files.ts';
import type { DurableJobsOptions } from './options.ts';

/**
 * Returns the variables that configure an application: those of `env`, overridden by the options. The file that `<name>_FILE` names is not
 * read for what an option sets.
 */
export function environmentOf({
  database,
  temporal = {},
  env = process.env,
}: DurableJobsOptions): Environment {
  const { url, poolSize, tls } = typeof database === 'object' ? database : { url: database };
  const options = {
    DATABASE_URL: url,
    DATABASE_POOL_SIZE: poolSize?.toString(),
    DATABASE_TLS_CA: tls?.ca,
    DATABASE_TLS_CERT: tls?.cert,
    DATABASE_TLS_KEY: tls?.key,
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    TEMPORAL_API_KEY: temporal.apiKey,
    TEMPORAL_TLS: temporal.tls?.toString(),
  };
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const files = given.map(([name]) => [name + FILE_SUFFIX, undefined] as const);
  return { ...env, ...Object.fromEntries([...files, ...given]) };
}
