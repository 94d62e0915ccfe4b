import { ApplicationFailure, defaultFailureConverter, defaultPayloadConverter } from '@temporalio/common';
import proto from '@temporalio/proto';
import { describe, expect, it } from 'vitest';
import { boundError } from './bound-failures.ts';

const { Failure } = proto.temporal.api.failure.v1;

/** Encodes an error as a worker does. */
const encode = (error: unknown): Uint8Array =>
  Failure.encode(defaultFailureConverter.errorToFailure(error, defaultPayloadConverter)).finish();

describe('what an activity throws', () => {
  it('keeps its class and its texts', () => {
    const error = ApplicationFailure.nonRetryable('declined', 'PaymentFailed');
    expect(boundError(error)).toBe(error);
    expect(error).toMatchObject({ message: 'declined', type: 'PaymentFailed', nonRetryable: true });
  });

  it('is well-formed, so that it can be decoded', () => {
    const error = boundError(new Error('nul \0 and half \ud800', { cause: new Error('\udc00') }));
    expect(error).toMatchObject({ message: 'nul  and half \ufffd', cause: { message: '\ufffd' } });
    expect(Failure.decode(encode(error)).message).toBe('nul  and half \ufffd');
  });

  it('is short', () => {
    const error = boundError(new RangeError('x'.repeat(6_000_000))) as RangeError;
    expect(error).toBeInstanceOf(RangeError);
    expect(error.message).toHaveLength(4_001);
    expect(encode(error).length).toBeLessThan(30_000);
    expect(boundError('x'.repeat(6_000_000))).toHaveLength(4_001);
  });

  it('has an end', () => {
    const error = new Error('its own cause');
    error.cause = error;
    expect(boundError(error)).toMatchObject({ message: 'its own cause', cause: undefined });
    const [a, b] = [new Error('a'), new Error('b')];
    [a.cause, b.cause] = [b, a];
    expect(encode(boundError(a)).length).toBeGreaterThan(0);
    let deep = new Error('0');
    for (let n = 1; n < 10_000; n++) deep = new Error(String(n), { cause: deep });
    expect(encode(boundError(deep)).length).toBeLessThan(30_000);
  });

  it('is replaced where it cannot be changed', () => {
    expect(boundError(Object.freeze(new Error('half \ud800')))).toMatchObject({ message: 'half \ufffd' });
    expect(boundError(42)).toBe(42);
  });
});
