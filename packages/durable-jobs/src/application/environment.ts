import type { Environment } from '../config/config.ts';
import type { DurableJobsOptions } from './options.ts';

/** The variables that an application is configured by: those of `env`, and what the options say in their place. */
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
