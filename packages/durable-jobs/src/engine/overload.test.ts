import { Metadata } from '@grpc/grpc-js';
import { ServiceError } from '@temporalio/client';
import proto from '@temporalio/proto';
import { describe, expect, it } from 'vitest';
import { isOverload, isTimeUp } from './overload.ts';

const { ResourceExhaustedCause } = proto.temporal.api.enums.v1;

/** An error as the client throws it for a status of gRPC, with the details of Temporal's failures. */
function errorOf(code: number, type?: string, value?: Uint8Array): Error {
  const metadata = new Metadata();
  if (type !== undefined) {
    const details = [
      {
        type_url: `type.googleapis.com/temporal.api.errordetails.v1.${type}`,
        value: value ?? new Uint8Array(),
      },
    ];
    metadata.set(
      'grpc-status-details-bin',
      Buffer.from(proto.google.rpc.Status.encode({ code, details }).finish()),
    );
  }
  const cause = Object.assign(new Error('refused'), { code, details: 'refused', metadata });
  return new ServiceError('Failed to start Workflow', { cause });
}

const exhausted = (cause: keyof typeof ResourceExhaustedCause): Error =>
  errorOf(
    8,
    'ResourceExhaustedFailure',
    proto.temporal.api.errordetails.v1.ResourceExhaustedFailure.encode({
      cause: ResourceExhaustedCause[cause],
    }).finish(),
  );

describe('an overload of the engine', () => {
  it.each([
    'RESOURCE_EXHAUSTED_CAUSE_RPS_LIMIT',
    'RESOURCE_EXHAUSTED_CAUSE_CONCURRENT_LIMIT',
    'RESOURCE_EXHAUSTED_CAUSE_SYSTEM_OVERLOADED',
    'RESOURCE_EXHAUSTED_CAUSE_PERSISTENCE_LIMIT',
    'RESOURCE_EXHAUSTED_CAUSE_APS_LIMIT',
    'RESOURCE_EXHAUSTED_CAUSE_UNSPECIFIED',
  ] as const)('is %s', (cause) => {
    expect(isOverload(exhausted(cause))).toBe(true);
  });

  it('is not what one workflow or message exceeds, nor another error', () => {
    expect(isOverload(exhausted('RESOURCE_EXHAUSTED_CAUSE_BUSY_WORKFLOW'))).toBe(false);
    // Of gRPC itself: a message is too large.
    expect(isOverload(errorOf(8))).toBe(false);
    expect(isOverload(errorOf(14, 'ResourceExhaustedFailure'))).toBe(false);
    expect(isOverload(errorOf(8, 'NamespaceNotFoundFailure'))).toBe(false);
    expect(isOverload(Object.assign(new Error('no metadata'), { code: 8 }))).toBe(false);
    expect(isOverload('refused')).toBe(false);
    expect(isOverload(undefined)).toBe(false);
  });
});

it('a call that was not answered within its time is told by its status', () => {
  expect(isTimeUp(errorOf(4))).toBe(true);
  expect(isTimeUp(errorOf(14))).toBe(false);
  expect(isTimeUp('late')).toBe(false);
});
