import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { jobId } from './job-definition.ts';
import { idFault, idOfKey, isKeyOf, jobIdText, JobKeyError, keyFault } from './job-key.ts';
import { defineJob } from './run/define-job.ts';

const remind = defineJob({
  type: 'remindLater',
  input: z.looseObject({}),
  key: (input) => (input as { key: string }).key,
  run: () => Promise.resolve(),
});

describe('a key of a job', () => {
  it.each([
    ['is empty', '', 'must not be empty'],
    ['is blank', ' \u00a0', 'must not be blank'],
    ['has a line break', 'a\nb', 'one line'],
    ['has a NUL', 'a\0b', 'NUL'],
    ['has half of a surrogate pair', 'a\ud800', 'surrogate'],
    ['turns the direction of text', 'a\u202eb', 'control characters'],
    ['is too long', 'x'.repeat(901), 'at most 900 characters'],
    ['makes the id too long', 'x'.repeat(243), '255 characters'],
    ['makes the id too long in bytes', '👍'.repeat(247), '1000 bytes'],
    ['is a number', 4711, 'must be text, not number'],
    ['is absent', undefined, 'must be text, not undefined'],
    ['is null', null, 'must be text, not null'],
    ['is an object', { id: 1 }, 'must be text, not object'],
  ])('is refused if it %s, before anything is written', (_what, key, rule) => {
    const make = () => jobId(remind, { key });
    expect(make).toThrow(JobKeyError);
    expect(make).toThrow(TypeError);
    expect(make).toThrow(rule);
    expect(make).toThrow('The key of the job remindLater');
    if (typeof key === 'string') {
      expect(() => jobId(remind, { key: 'fine' }, key)).toThrow('The dedupeKey of the job remindLater');
      expect(isKeyOf('remindLater', key)).toBe(false);
    }
  });

  it('is refused if the function that derives it throws', () => {
    const job = defineJob({
      type: 'remind',
      input: z.strictObject({}),
      key: () => {
        throw new Error('no invoice');
      },
      run: () => Promise.resolve(),
    });
    expect(() => jobId(job, {})).toThrow(
      'The key of the job remind cannot be derived from the input: no invoice.',
    );
  });

  it.each(['2026/03/Größe.csv', 'a b', 'https://example.com/?b=c#d', '👍'.repeat(242), 'x'.repeat(242)])(
    'may be %s, and its id is one that paths accept',
    (key) => {
      const id = idOfKey('remindLater', key);
      expect(id).toBe(`remind-later:${key}`);
      expect(jobIdText.safeParse(id).success).toBe(true);
    },
  );
});

it('may have as many characters and bytes as its limits say', () => {
  expect(keyFault('x'.repeat(900))).toBeUndefined();
  // 1000 bytes, and 1001.
  expect(isKeyOf('a', `${'👍'.repeat(249)}xx`)).toBe(true);
  expect(isKeyOf('a', `${'👍'.repeat(249)}xxx`)).toBe(false);
});

describe('an id of a job', () => {
  it.each<[unknown, string | undefined]>([
    ['remind-later:4711', undefined],
    // Earlier releases had ids of more characters than new jobs.
    [`a:${'é'.repeat(499)}`, undefined],
    [`a:${'é'.repeat(499)}x`, 'must have at most 1000 bytes'],
    ['remind-later', 'must be a job id such as send-invoice:<key>'],
    ['a\n:b', 'must be one line without control characters'],
    [null, 'must be a job id, not null'],
    [4711, 'must be a job id, not number'],
    [undefined, 'must be a job id, not undefined'],
  ])('%j has the fault %s', (id, fault) => {
    expect(idFault(id)).toBe(fault);
  });
});

it('names the key that is at fault', () => {
  expect(String(new JobKeyError('remind', 'dedupeKey', 'must not be empty'))).toBe(
    'JobKeyError: The dedupeKey of the job remind must not be empty.',
  );
});

describe('any text', () => {
  it('either is a key whose id is accepted everywhere, or is refused with its fault', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (key) => {
        if (isKeyOf('remindLater', key)) {
          const id = idOfKey('remindLater', key);
          expect(jobIdText.parse(id)).toBe(id);
          expect(decodeURIComponent(encodeURIComponent(id))).toBe(id);
          expect(Buffer.from(id).toString()).toBe(id);
        } else expect(() => idOfKey('remindLater', key)).toThrow(JobKeyError);
      }),
    );
  });
});
