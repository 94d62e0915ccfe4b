import { Client, Connection, type ConnectionOptions } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { InterceptingCall } from '@grpc/grpc-js';
import type { TemporalConfig } from '../config/config.ts';
import { refuseInTransaction } from '../database/in-transaction.ts';
import { causesOf } from '../process/errors.ts';
import { sendJobContext } from '../telemetry/job-context.ts';
import { repeatCalls } from './overload.ts';

/** How a client encrypts what it sends and decrypts what it receives. */
export interface ClientEncryption {
  dataConverter: DataConverter;
  /** Decrypts responses that are read directly, without the SDK's data converter. */
  readInClear: (connection: Connection) => void;
}

/** A client and its connection, which the creator must close. */
export interface TemporalClient {
  client: Client;
  close: () => Promise<void>;
}

/** Interceptors of every connection to the engine: they refuse calls inside a database transaction. */
export const engineInterceptors: NonNullable<ConnectionOptions['interceptors']> = [
  (options, nextCall) => {
    refuseInTransaction(`the engine was called (${options.method_definition.path})`);
    return new InterceptingCall(nextCall(options));
  },
  // In place of the SDK's default interceptor, which this list replaces.
  repeatCalls,
];

/**
 * Creates a client that connects on first use and reconnects by itself, so that a process can start and accept requests while the engine is
 * unavailable.
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

/** gRPC status codes (grpc.github.io/grpc/core/md_doc_statuscodes.html) of temporary failures. */
const transientStatuses: ReadonlySet<number> = new Set([
  1, // CANCELLED: the connection was closed during the call
  4, // DEADLINE_EXCEEDED
  8, // RESOURCE_EXHAUSTED
  14, // UNAVAILABLE
]);

/** Whether an error of the client, or one of its causes, means that the engine is unavailable or overloaded. */
export function isEngineUnavailable(error: unknown): boolean {
  for (const current of causesOf(error)) {
    const { code } = current as { code?: unknown };
    if (typeof code === 'number' && transientStatuses.has(code)) return true;
    if (current.message.includes('Failed to connect before the deadline')) return true;
  }
  return false;
}
