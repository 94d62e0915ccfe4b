import { expect, it } from 'vitest';
import { forgetStatement, statementName } from './prepared.ts';

it('names a text once it is repeated, always the same way until it is forgotten', () => {
  const text = 'SELECT $1::integer';
  expect([1, 2, 3].map(() => statementName(text))).toEqual([undefined, undefined, undefined]);
  const name = statementName(text);
  expect(name).toMatch(/^durable_jobs_\d+$/);
  expect(statementName(text)).toBe(name);
  forgetStatement(text);
  const names = Array.from({ length: 4 }, () => statementName(text));
  expect(names.at(-1)).toMatch(/^durable_jobs_\d+$/);
  expect(names.at(-1)).not.toBe(name);
});

it('names a limited number of texts', () => {
  const texts = Array.from({ length: 2_000 }, (_, n) => `SELECT $1::integer + ${n}`);
  const named = texts.filter((text) => [1, 2, 3, 4].map(() => statementName(text)).at(-1) !== undefined);
  expect(named.length).toBeLessThanOrEqual(100);
});
