import { expect, it } from 'vitest';
import { LeaseLostError, WorkError, WorkFairnessError } from './errors.ts';

it('is temporary unless its handler says otherwise', () => {
  const cause = new Error('gone');
  expect(new WorkError('address_gone', 'The address is gone.')).toMatchObject({
    name: 'WorkError',
    code: 'address_gone',
    permanent: false,
    cause: undefined,
  });
  expect(new WorkError('address_gone', 'The address is gone.', { permanent: true, cause })).toMatchObject({
    permanent: true,
    cause,
  });
});

it('names the item or kind that it is about', () => {
  expect(String(new LeaseLostError('17'))).toBe('LeaseLostError: the lease of work item 17 was lost');
  const fairness = new WorkFairnessError('stamp', 'key must not be empty');
  expect(fairness.fault).toBe('key must not be empty');
  expect(String(fairness)).toBe(
    'WorkFairnessError: The fairness of the work item kind stamp is not valid: key must not be empty.',
  );
});
