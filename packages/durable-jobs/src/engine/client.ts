import {
  Client,
  Connection,
  defaultGrpcRetryOptions,
  makeGrpcRetryInterceptor,
  type ConnectionOptions,
} from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { InterceptingCall } from '@grpc/grpc-js';
import type { TemporalConfig } from '../config/config.ts';
import { refuseInTransaction } from '../database/in-transaction.ts';
import { sendJobContext } from '../telemetry/job-context.ts';

/** What lets a client encrypt what it sends, and read what it gets. */
export interface ClientEncryption {
  dataConverter: DataConverter;
  /** Lets what reads answers of the engine as they come, rather than by the SDK, have them in clear. */
  readInClear: (connection: Connection) => void;
}

/** A client and the connection under it, which whoever made it closes. */
export interface TemporalClient {
  client: Client;
  close: () => Promise<void>;
}

/** What every connection to the engine sends its calls through: no call is made inside a database transaction. */
export const engineInterceptors: NonNullable<ConnectionOptions['interceptors']> = [
  (options, nextCall) => {
    refuseInTransaction(`the engine was called (${options.method_definition.path})`);
    return new InterceptingCall(nextCall(options));
  },
  // The SDK's own, which the list would replace.
  makeGrpcRetryInterceptor(defaultGrpcRetryOptions()),
];

/**
 * Creates a client that connects on first use and reconnects by itself, so that a process can start, and take requests, while the engine is
 * away.
 */
export function createTemporalClient(
  config: TemporalConfig,
  identity: string,
  encryption?: ClientEncryption,
): TemporalClient {
  const connection = Connection.lazy({ ...config.connection, interceptors: engineInterceptors });
  encryption?.readInClear(connection);
  const client = new Client({
    connection,
    namespace: config.namespace,
    identity,
    interceptors: { workflow: [sendJobContext] },
    ...(encryption && { dataConverter: encryption.dataConverter }),
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
