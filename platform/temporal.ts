import { Client, Connection } from '@temporalio/client';
import type { TemporalConfig } from './config.ts';

/** A client and the connection under it, which whoever made it closes. */
export interface TemporalClient {
  client: Client;
  close: () => Promise<void>;
}

/**
 * Makes a client that connects on first use and reconnects by itself, so that a process can start, and take requests,
 * while the engine is away.
 */
export function createTemporalClient(config: TemporalConfig, identity: string): TemporalClient {
  const connection = Connection.lazy(config.connection);
  const client = new Client({ connection, namespace: config.namespace, identity });
  return { client, close: () => connection.close() };
}
