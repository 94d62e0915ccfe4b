import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, it, vi } from 'vitest';
import { failureTypes } from '../engine/failure-types.ts';
import { limitAttempts } from './limit-attempts.ts';

vi.mock('../jobs/failed-attempts.ts', () => ({
  findLastError: () =>
    Promise.resolve({ code: failureTypes.databaseUnavailable, message: 'the database cannot be reached' }),
}));

it('names the last attempt, which may be one that does not count', async () => {
  const environment = new MockActivityEnvironment({ attempt: 5, retryPolicy: { maximumAttempts: 4 } });
  const { inbound } = limitAttempts({ db: undefined as never })(environment.context);
  const next = vi.fn();
  const ended = environment.run(async () => inbound?.execute?.({ args: [], headers: {} }, next));
  const failure = await ended.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(ApplicationFailure);
  expect(failure).toMatchObject({
    type: failureTypes.databaseUnavailable,
    nonRetryable: true,
    details: [{ attempt: 4 }],
  });
  expect(next).not.toHaveBeenCalled();
});
