import { expect, it } from 'vitest';
import { isRefusedValue } from './refused-value.ts';

const error = (code: unknown): Error => Object.assign(new Error('refused'), { code });

it.each(['22001', '22003', '22007', '22008', '22009', '22021', '22P02', '22P03', '22P05'])(
  '%s is the fault of a value',
  (code) => {
    expect(isRefusedValue(error(code))).toBe(true);
  },
);

it.each(['22012', '23505', '42703', '57014', 22003, undefined])('%s is not the fault of a value', (code) => {
  expect(isRefusedValue(error(code))).toBe(false);
});
