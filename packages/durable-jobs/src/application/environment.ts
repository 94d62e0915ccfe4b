import type { Environment } from '../config/config.ts';
import type { DurableJobsOptions } from './options.ts';

/** Returns the variables that configure an application: those of `env`, overridden by the options. */
export function environmentOf({
  database,
  temporal = {},
  env = process.env,
}: DurableJobsOptions): Environment {
  const { url, poolSize } = typeof database === 'object' ? database : { url: database };
  const given = {
    DATABASE_URL: url,
    DATABASE_POOL_SIZE: poolSize?.toString(),
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    TEMPORAL_API_KEY: temporal.apiKey,
    TEMPORAL_TLS: temporal.tls?.toString(),
  };
  return { ...env, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
}
