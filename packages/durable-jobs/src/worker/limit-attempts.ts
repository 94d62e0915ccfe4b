import { log, type Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInterceptors } from '@temporalio/worker';
import type { UncountedAttempt } from '../jobs/uncounted-attempt.ts';
import type { Db } from '../database/connect.ts';
import { errorMessage } from '../process/errors.ts';
import { findLastError } from '../jobs/failed-attempts.ts';

/**
 * Fails an activity that has had all attempts of its policy, with the error of the last one. The engine does not check the maximum if an
 * attempt fails while the activity is paused, and would start another attempt when it is resumed.
 */
export function limitAttempts({ db }: { db: Db }): (context: Context) => ActivityInterceptors {
  return ({ info }) => ({
    inbound: {
      async execute(input, next) {
        const most = info.retryPolicy?.maximumAttempts ?? 0;
        if (most <= 0 || info.attempt <= most) return next(input);
        const last = await lastError(db, info);
        throw ApplicationFailure.nonRetryable(
          last?.message ?? `it has used all of its ${most} attempts`,
          last?.code ?? 'Error',
          // If the last attempt does not count, the attempts before it still do.
          { attempt: most } satisfies UncountedAttempt,
        );
      },
    },
  });
}

/**
 * Returns the error of the last attempt. If it is unknown, for example because the database is unavailable, there must not be another
 * attempt either.
 */
async function lastError(db: Db, { workflowExecution, activityId }: Context['info']) {
  if (!workflowExecution) return undefined;
  const { workflowId: jobId, runId } = workflowExecution;
  try {
    return await findLastError(db, { jobId, runId, activityId });
  } catch (error) {
    log.warn('the last error of an activity could not be read', { error: errorMessage(error) });
    return undefined;
  }
}
