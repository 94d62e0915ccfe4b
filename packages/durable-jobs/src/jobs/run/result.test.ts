import { describe, expect, it } from 'vitest';
import type { PermanentError } from './errors.ts';
import { checkProgress, checkResult } from './result.ts';

/** What a check refuses a value with. */
function refusalOf(check: () => unknown): PermanentError | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return error as PermanentError;
  }
}

describe("a job's result", () => {
  it.each([[undefined], [null], [false], [0], ['text'], [[1, [2]]], [{ a: { b: null } }]])(
    'may be %j',
    (value) => expect(checkResult(value)).toBe(value),
  );

  it('may be 1 MiB of JSON', () => {
    expect(refusalOf(() => checkResult('x'.repeat(1_048_574)))).toBeUndefined();
    expect(refusalOf(() => checkResult('é'.repeat(524_288)))).toMatchObject({
      code: 'ResultTooLarge',
      message: 'The result must be at most 1048576 bytes of JSON; it has 1048578.',
    });
  });

  it('is refused if it is not JSON', () => {
    const circular: unknown[] = [];
    circular.push(circular);
    expect(refusalOf(() => checkResult(1n))).toMatchObject({ code: 'ResultNotJson' });
    expect(refusalOf(() => checkResult(circular))).toMatchObject({ code: 'ResultNotJson' });
    expect(refusalOf(() => checkResult(() => 1))).toMatchObject({
      code: 'ResultNotJson',
      message: 'The result must be JSON: it is a function',
    });
    expect(refusalOf(() => checkResult(Symbol('x')))).toMatchObject({ code: 'ResultNotJson' });
  });
});

it('reports of progress have a bound of their own', () => {
  expect(checkProgress({ done: 3 })).toEqual({ done: 3 });
  expect(refusalOf(() => checkProgress('x'.repeat(16_384)))).toMatchObject({ code: 'ProgressTooLarge' });
});
