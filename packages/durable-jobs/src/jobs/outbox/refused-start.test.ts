import { PayloadConverterError, ValueError } from '@temporalio/common';
import { expect, it } from 'vitest';
import { JobKeyError } from '../job-key.ts';
import { refusalCodes, refusalOf, StartRefusedError, unknownType } from './refused-start.ts';

it.each<[string, unknown, string]>([
  ['an invalid request', Object.assign(new Error('too long'), { code: 3 }), 'refused_by_engine'],
  [
    'its cause',
    new Error('failed', { cause: Object.assign(new Error('too long'), { code: 3 }) }),
    'refused_by_engine',
  ],
  ['a value that the SDK refuses', new ValueError('not a value'), 'refused_by_engine'],
  ['a value that it cannot convert', new PayloadConverterError('not a payload'), 'refused_by_engine'],
  ['an invalid key', new JobKeyError('remind', 'key', 'must not be empty'), 'invalid_key'],
  ['an unknown type', unknownType('gone'), 'unknown_job_type'],
])('takes %s for permanent', (_what, error, code) => {
  const refusal = refusalOf(error);
  expect(refusal).toBeInstanceOf(StartRefusedError);
  expect(refusal?.code).toBe(code);
});

it('has codes that releases share', () => {
  expect(refusalCodes).toEqual([
    'unknown_job_type',
    'invalid_input',
    'invalid_key',
    'invalid_fairness',
    'invalid_limit',
    'invalid_after',
    'refused_by_engine',
  ]);
});

it('says what is wrong', () => {
  const cause = Object.assign(new Error('too long'), { code: 3 });
  expect(String(refusalOf(new Error('failed', { cause })))).toBe('StartRefusedError: too long');
  expect(String(unknownType('gone'))).toBe('StartRefusedError: the job type gone does not exist');
});

it.each([new Error('UNAVAILABLE'), Object.assign(new Error('unavailable'), { code: 14 }), 'text', undefined])(
  'takes %s for temporary',
  (error) => {
    expect(refusalOf(error)).toBeUndefined();
  },
);
