import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { acceptInput, safeAcceptInput, storedInput } from './accept-input.ts';

const input = z.strictObject({
  amount: z.string().transform(Number),
  name: z.string().trim(),
  word: z.string().default('Hello'),
});

describe('the input of a start', () => {
  it('is what the schema returns', () => {
    expect(acceptInput({ input }, { amount: '17', name: ' Ada ' })).toEqual({
      amount: 17,
      name: 'Ada',
      word: 'Hello',
    });
  });

  it('is refused if the schema refuses it', () => {
    expect(() => acceptInput({ input }, { amount: 17, name: 'Ada' })).toThrow(z.ZodError);
  });

  it.each<[string, z.ZodType<object, object>, unknown, string]>([
    ['a date', z.strictObject({ value: z.coerce.date() }), '2026-03-01', 'Date'],
    ['a map', z.strictObject({ value: z.array(z.string()).transform(() => new Map()) }), [], 'Map'],
    ['a bigint', z.strictObject({ value: z.coerce.bigint() }), '1', 'bigint'],
    ['NaN', z.strictObject({ value: z.string().transform(Number) }), 'x', 'finite'],
    ['a NUL', z.strictObject({ value: z.string() }), 'a\0', 'NUL'],
  ])('must not contain %s, which JSON would lose', (_what, schema, value, word) => {
    const accepted = safeAcceptInput({ input: schema }, { value });
    expect(accepted.success ? [] : accepted.error.issues).toMatchObject([
      { path: ['value'], message: expect.stringContaining(word) as string },
    ]);
  });

  it('is not part of the error that refuses it', () => {
    const circle: Record<string, unknown> = { secret: 'hunter2' };
    circle.itself = circle;
    expect(() => acceptInput({ input: z.looseObject({}) }, circle)).toThrow(/^(?!.*hunter2).*itself/s);
  });
});

describe('an input that was stored', () => {
  it('receives defaults of fields that were added since', () => {
    const later = { input: z.strictObject({ id: z.string(), word: z.string().default('Hello') }) };
    expect(storedInput(later, { id: 'a' })).toEqual({ id: 'a', word: 'Hello' });
  });

  it('is refused if it no longer fits', () => {
    expect(storedInput({ input: z.strictObject({ id: z.string() }) }, { name: 'a' })).toBeUndefined();
  });

  it('is not transformed a second time', () => {
    const stored = acceptInput({ input }, { amount: '17', name: 'Ada' });
    expect(storedInput({ input }, stored)).toEqual(stored);
    const shouting = { input: z.strictObject({ text: z.string().transform((text) => `${text}!`) }) };
    expect(storedInput(shouting, acceptInput(shouting, { text: 'a' }))).toEqual({ text: 'a!' });
  });
});
