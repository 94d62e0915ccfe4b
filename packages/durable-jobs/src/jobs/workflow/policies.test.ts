import { expect, it } from 'vitest';
import { databaseOptions, uncountedFailures } from './policies.ts';

it('counts no attempt that an outage of our database, or a payload, ended', () => {
  expect(uncountedFailures).toEqual(['DatabaseUnavailable', 'PayloadRefused', 'PayloadKeyMissing']);
});

it('tries our own database again soon, for as long as it takes', () => {
  expect(databaseOptions).toEqual({
    startToCloseTimeout: '30 seconds',
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
  });
});
