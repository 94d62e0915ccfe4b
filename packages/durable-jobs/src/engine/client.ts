import {
  Client,
  Connection,
  defaultGrpcRetryOptions,
  makeGrpcRetryInterceptor,
  type ConnectionOptions,
} from '@temporalio/client';
import { InterceptingCall } from '@grpc/grpc-js';
import type { TemporalConfig } from '../config/config.ts';
import { refuseInTransaction } from '../database/in-transaction.ts';
import type { PayloadEncryption } from '../encryption/payload-encryption.ts';
import type { JobPayloadCodec } from '../encryption/payload-codec.ts';
import { revealPayloads } from '../encryption/reveal.ts';
import type { Place } from '../encryption/place.ts';
import { sendJobContext } from '../telemetry/job-context.ts';

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
 * Makes a client that connects on first use and reconnects by itself, so that a process can start, and take requests,
 * while the engine is away.
 */
export function createTemporalClient(
  config: TemporalConfig,
  identity: string,
  encryption?: PayloadEncryption,
): TemporalClient {
  const connection = Connection.lazy({ ...config.connection, interceptors: engineInterceptors });
  if (encryption) readInClear(connection, encryption.codec);
  const client = new Client({
    connection,
    namespace: config.namespace,
    identity,
    interceptors: { workflow: [sendJobContext] },
    ...(encryption && { dataConverter: encryption.dataConverter }),
  });
  return { client, close: () => connection.close() };
}

/** Lets everybody who reads histories and descriptions as they come, rather than by the SDK, have them in clear. */
export function readInClear({ workflowService }: Connection, codec: JobPayloadCodec): void {
  const history = workflowService.getWorkflowExecutionHistory.bind(workflowService);
  const describe = workflowService.describeWorkflowExecution.bind(workflowService);
  Object.assign(workflowService, {
    getWorkflowExecutionHistory: async (request: Parameters<typeof history>[0]) =>
      revealPayloads(await history(request), codec, placeOf(request)),
    describeWorkflowExecution: async (request: Parameters<typeof describe>[0]) =>
      revealPayloads(await describe(request), codec, placeOf(request)),
  });
}

/** What a question about one workflow says of where the payloads of its answer belong. */
function placeOf({
  namespace,
  execution,
}: {
  namespace?: string | null;
  execution?: { workflowId?: string | null } | null;
}): Place {
  return {
    type: 'workflow',
    namespace: namespace ?? undefined,
    workflowId: execution?.workflowId ?? undefined,
  };
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
