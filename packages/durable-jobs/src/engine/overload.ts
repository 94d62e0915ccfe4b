import { AsyncLocalStorage } from 'node:async_hooks';
import {
  defaultGrpcRetryOptions,
  makeGrpcRetryInterceptor,
  type ConnectionOptions,
} from '@temporalio/client';
import { getGrpcStatusDetails, trimGrpcTypeUrl } from '@temporalio/client/lib/helpers.js';
import proto from '@temporalio/proto';
import { causesOf } from '../process/errors.ts';

type Interceptor = NonNullable<ConnectionOptions['interceptors']>[number];
type GrpcError = Parameters<typeof getGrpcStatusDetails>[0];
type GrpcStatus = Pick<GrpcError, 'metadata'> & { code: number };
type ReadDetails = (status: GrpcStatus) => ReturnType<typeof getGrpcStatusDetails>;

/** The statuses of gRPC (grpc.github.io/grpc/core/md_doc_statuscodes.html) of a call that was not answered in time, or exceeds a limit. */
const DEADLINE_EXCEEDED = 4;
const RESOURCE_EXHAUSTED = 8;

const { ResourceExhaustedFailure } = proto.temporal.api.errordetails.v1;
const { RESOURCE_EXHAUSTED_CAUSE_BUSY_WORKFLOW: BUSY_WORKFLOW } =
  proto.temporal.api.enums.v1.ResourceExhaustedCause;

const failing = new AsyncLocalStorage<true>();

const patient = defaultGrpcRetryOptions();
const repeats = makeGrpcRetryInterceptor(patient);
const repeatsBelowLimits = makeGrpcRetryInterceptor({
  ...patient,
  retryableDecider: (attempt, status) => !isOfEngine(status) && patient.retryableDecider(attempt, status),
});

/** The SDK's repeats of failed calls, with the exception of {@link failOnOverload}. */
export const repeatCalls: Interceptor = (options, nextCall) =>
  (failing.getStore() ? repeatsBelowLimits : repeats)(options, nextCall);

/**
 * Makes calls that fail at once if a limit of the engine is exceeded. Otherwise the SDK repeats them until their time is up, and their error does
 * not say why.
 */
export function failOnOverload<T>(calls: () => Promise<T>): Promise<T> {
  return failing.run(true, calls);
}

/**
 * Whether an error of the client, or one of its causes, says that a limit of the engine was exceeded, such as that of calls per second. A limit
 * of one workflow, or of the size of a message, is none of the engine.
 */
export function isOverload(error: unknown): boolean {
  for (const current of causesOf(error)) {
    if ('code' in current && 'metadata' in current && isOfEngine(current as unknown as GrpcStatus))
      return true;
  }
  return false;
}

/** Whether a call was not answered within its time. */
export function isTimeUp(error: unknown): boolean {
  for (const current of causesOf(error)) {
    if ((current as { code?: unknown }).code === DEADLINE_EXCEEDED) return true;
  }
  return false;
}

/** Whether a status of gRPC says that a limit of the engine was exceeded. */
function isOfEngine(status: GrpcStatus): boolean {
  if (status.code !== RESOURCE_EXHAUSTED) return false;
  // It reads the metadata alone.
  const [detail] = (getGrpcStatusDetails as ReadDetails)(status) ?? [];
  if (trimGrpcTypeUrl(detail?.type_url) !== 'temporal.api.errordetails.v1.ResourceExhaustedFailure')
    return false;
  return ResourceExhaustedFailure.decode(detail?.value ?? new Uint8Array()).cause !== BUSY_WORKFLOW;
}
