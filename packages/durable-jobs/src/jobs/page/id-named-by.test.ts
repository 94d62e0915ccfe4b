import { expect, it } from 'vitest';
import { idNamedBy } from './id-named-by.ts';

const jobs = { types: ['sendInvoice', 'processBulk'] };

it.each([
  ['send-invoice:4711', 'send-invoice:4711'],
  ['  send-invoice:2026/17:a ', 'send-invoice:2026/17:a'],
  ['mow-lawn:4711', undefined],
  ['sendInvoice:4711', undefined],
  ['send-invoice:', undefined],
  [':4711', undefined],
  ['4711', undefined],
  [undefined, undefined],
  [['send-invoice:1'], undefined],
])('the search for %j names %j', (text, id) => {
  expect(idNamedBy(jobs, text)).toBe(id);
});
