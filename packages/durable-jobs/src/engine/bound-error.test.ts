import {
  ApplicationFailure,
  CancelledFailure,
  defaultFailureConverter,
  defaultPayloadConverter,
} from '@temporalio/common';
import proto from '@temporalio/proto';
import { describe, expect, it } from 'vitest';
import { boundError } from './bound-error.ts';

const { Failure } = proto.temporal.api.failure.v1;

/** Encodes an error as a worker does. */
const encode = (error: unknown): Uint8Array =>
  Failure.encode(defaultFailureConverter.errorToFailure(error, defaultPayloadConverter)).finish();

const circular: { self?: unknown } = {};
circular.self = circular;

describe('a thrown error', () => {
  it('keeps its class and its texts', () => {
    const error = ApplicationFailure.nonRetryable('declined', 'PaymentFailed', { code: 7 });
    expect(boundError(error)).toBe(error);
    expect(error).toMatchObject({
      message: 'declined',
      type: 'PaymentFailed',
      nonRetryable: true,
      details: [{ code: 7 }],
    });
  });

  it('is well-formed, so that it can be decoded', () => {
    const error = boundError(new Error('nul \0 and half \ud800', { cause: new Error('\udc00') }));
    expect(error).toMatchObject({ message: 'nul  and half \ufffd', cause: { message: '\ufffd' } });
    expect(Failure.decode(encode(error)).message).toBe('nul  and half \ufffd');
  });

  it('is short', () => {
    const error = boundError(new RangeError('x'.repeat(6_000_000)));
    expect(error).toBeInstanceOf(RangeError);
    expect(error.message).toHaveLength(4_001);
    expect(encode(error).length).toBeLessThan(30_000);
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

  it('has a cause that is an error', () => {
    const error = boundError(new Error('outer', { cause: `half \ud800${'x'.repeat(6_000_000)}` }));
    expect(error.cause).toBeInstanceOf(Error);
    expect(encode(error).length).toBeLessThan(30_000);
    expect(boundError(new Error('outer', { cause: null })).cause).toMatchObject({ message: 'null' });
  });

  it.each([
    ['BigInt', 1n],
    ['a circle', circular],
    ['a function', () => 1],
    ['a megabyte', 'x'.repeat(1_000_000)],
  ])('has no details that cannot be stored: %s', (_name, detail) => {
    const error = boundError(ApplicationFailure.nonRetryable('declined', 'PaymentFailed', detail));
    expect(error).toMatchObject({ message: 'declined', type: 'PaymentFailed', nonRetryable: true });
    expect(encode(error).length).toBeLessThan(30_000);
  });

  it('waits only for a time that is one', () => {
    const create = (nextRetryDelay: never) => ApplicationFailure.create({ message: 'm', nextRetryDelay });
    for (const delay of ['soon', NaN, -1]) {
      expect(boundError(create(delay as never))).toMatchObject({ nextRetryDelay: undefined });
    }
    expect(boundError(create('2s' as never))).toMatchObject({ nextRetryDelay: '2s' });
  });

  it('has texts that are texts', () => {
    const error = ApplicationFailure.create({ message: 7 as never, type: 404 as never });
    error.stack = { at: 1 } as never;
    expect(boundError(error)).toMatchObject({ message: '7', type: '404' });
    expect(Failure.decode(encode(error)).applicationFailureInfo?.type).toBe('404');
  });

  it('is replaced by one of its kind where it cannot be changed', () => {
    expect(boundError(Object.freeze(new Error('half \ud800')))).toMatchObject({ message: 'half \ufffd' });
    const frozen = Object.freeze(ApplicationFailure.nonRetryable('half \ud800', 'PaymentFailed', 1n));
    expect(boundError(frozen)).toMatchObject({ type: 'PaymentFailed', nonRetryable: true });
    expect(boundError(Object.freeze(new CancelledFailure('half \ud800')))).toBeInstanceOf(CancelledFailure);
    const unreadable = new Error();
    Object.defineProperty(unreadable, 'message', {
      get: () => {
        throw new Error('no');
      },
    });
    expect(encode(boundError(unreadable)).length).toBeGreaterThan(0);
  });
});

describe('a thrown value', () => {
  it.each([
    ['declined', 'declined'],
    [`half \ud800`, 'half \ufffd'],
    [42, '42'],
    [undefined, 'undefined'],
    [null, 'null'],
    [Symbol('x'), 'Symbol(x)'],
    [{ code: 7 }, '{"code":7}'],
    [{ message: 'declined' }, 'declined'],
    [circular, 'what was thrown has no readable message'],
    [Object.create(null), '{}'],
    ['x'.repeat(6_000_000), `${'x'.repeat(4_000)}…`],
  ])('is an error with its text, case %#', (thrown, message) => {
    const error = boundError(thrown);
    expect(error).toBeInstanceOf(Error);
    expect(error.message).toBe(message);
    expect(encode(error).length).toBeGreaterThan(0);
  });
});
