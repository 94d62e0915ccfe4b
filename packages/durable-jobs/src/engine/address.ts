import type { TemporalConfig } from '../config/config.ts';
import type { Logger } from '../telemetry/logger.ts';

/** Where the SDK expects Temporal if no address is configured. */
const DEFAULT_ADDRESS = 'localhost:7233';

/** Returns the address of Temporal that a process uses. */
export function engineAddress({ connection }: Pick<TemporalConfig, 'connection'>): string {
  return connection.address ?? DEFAULT_ADDRESS;
}

/** Logs which Temporal a starting process uses, and warns if no address is configured: the default is rarely what a deployment needs. */
export function logEngine(logger: Logger, config: TemporalConfig): void {
  const fields = { address: engineAddress(config), namespace: config.namespace };
  if (config.connection.address === undefined)
    logger.warn(fields, 'TEMPORAL_ADDRESS is not set; the process uses the default address of Temporal');
  else logger.info(fields, 'the process uses this Temporal');
}
