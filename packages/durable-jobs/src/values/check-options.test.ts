import { expect, it } from 'vitest';
import { checkOptions, nameOfDeclaration, optionOf } from './check-options.ts';

interface Options {
  type: string;
  slots?: number;
  run?: () => unknown;
}

const check = (given: unknown): void =>
  checkOptions<Options>('defineJob remind', given as Options, {
    type: optionOf.name,
    slots: optionOf.count.optional(),
    run: optionOf.function.optional(),
  });

it('accepts what is valid', () => {
  expect(() => check({ type: 'remind' })).not.toThrow();
  expect(() => check({ type: 'remind', slots: 1, run: undefined })).not.toThrow();
});

it('names each option that is unknown, missing or not valid', () => {
  expect(() => check({ slost: 1, slots: 0, run: 'it' })).toThrow(
    new TypeError(
      'defineJob remind: type must be a text; slots must be a whole number, 1 or more; run must be a function; slost is not an option.',
    ),
  );
});

it.each([null, undefined, 'text', 17])('refuses %j in place of options', (given) => {
  expect(() => check(given)).toThrow(new TypeError('defineJob remind: must be an object.'));
});

it.each<[unknown, string]>([
  [{ type: 'remind' }, 'defineJob remind'],
  [{ type: 17 }, 'defineJob'],
  [null, 'defineJob'],
])('names the declaration %j', (declared, name) => {
  expect(nameOfDeclaration('defineJob', declared, 'type')).toBe(name);
});
