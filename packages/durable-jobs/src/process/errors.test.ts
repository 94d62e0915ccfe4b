import { expect, it } from 'vitest';
import { errorMessage } from './errors.ts';

it.each([
  [new Error('refused'), 'refused'],
  [
    new AggregateError([new Error('::1 refused'), new Error('127.0.0.1 refused')]),
    '::1 refused; 127.0.0.1 refused',
  ],
  [new AggregateError([new Error('one')], 'both failed'), 'both failed'],
  ['text', 'text'],
  [undefined, 'undefined'],
])('the message of what was thrown, case %#', (error, message) => {
  expect(errorMessage(error)).toBe(message);
});
