import { Client, Connection } from '@temporalio/client';
import type { TemporalConfig } from './config.ts';
import { sendJobContext } from './telemetry/job-context.ts';

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
  const client = new Client({
    connection,
    namespace: config.namespace,
    identity,
    interceptors: { workflow: [sendJobContext] },
  });
  return { client, close: () => connection.close() };
}

/** gRPC statuses (grpc.github.io/grpc/core/md_doc_statuscodes.html) that say: not now, rather than: not this. */
const transientStatuses: ReadonlySet<number> = new Set([
  1, // CANCELLED: the connection was closed under the call
  4, // DEADLINE_EXCEEDED
  8, // RESOURCE_EXHAUSTED
  14, // UNAVAILABLE
]);

/** Whether an error of the client means that the engine is away or overloaded, looking at its causes too. */
export function isEngineUnavailable(error: unknown): boolean {
  for (let current = error; current instanceof Error; current = current.cause) {
    const { code } = current as { code?: unknown };
    if (typeof code === 'number' && transientStatuses.has(code)) return true;
    if (current.message.includes('Failed to connect before the deadline')) return true;
  }
  return false;
}
