import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { failureTypes, recognizedTypes } from './failure-types.ts';
import { isLibraryFailure, libraryFailure, withoutLibraryType } from './library-failure.ts';

describe.each([...recognizedTypes])('an error of the type %s', (type) => {
  it('keeps it if the library created it', () => {
    const failure = libraryFailure({ message: 'away', type: failureTypes.databaseUnavailable });
    expect(isLibraryFailure(failure)).toBe(true);
    expect(withoutLibraryType(failure)).toBe(failure);
  });

  it('gets another if the application named it so', () => {
    const named = Object.assign(new Error('theirs'), { name: type });
    expect(withoutLibraryType(named)).toMatchObject({ message: 'theirs', type: `Application.${type}` });
    const Theirs = { [type]: class extends Error {} }[type] ?? Error;
    const cause = new Error('deeper');
    const error = new Theirs('theirs', { cause });
    expect(withoutLibraryType(error)).toMatchObject({
      type: `Application.${type}`,
      cause,
      stack: error.stack,
    });
  });

  it('is otherwise as the application threw it', () => {
    const options = { message: 'theirs', nonRetryable: true, details: [7] };
    const failure = withoutLibraryType(ApplicationFailure.create({ ...options, type, nextRetryDelay: '2s' }));
    expect(failure).toMatchObject({ ...options, nextRetryDelay: '2s', type: `Application.${type}` });
    expect(isLibraryFailure(failure)).toBe(false);
  });
});

it('an error of another type is left alone', () => {
  for (const error of [new Error('x'), ApplicationFailure.create({ type: 'SubjectErased' })])
    expect(withoutLibraryType(error)).toBe(error);
});
