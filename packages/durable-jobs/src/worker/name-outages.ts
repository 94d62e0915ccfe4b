import { log, type Context } from '@temporalio/activity';
import type { ActivityInterceptors } from '@temporalio/worker';
import { failureTypes } from '../engine/failure-types.ts';
import { libraryFailure } from '../engine/library-failure.ts';
import type { UncountedAttempt } from '../jobs/uncounted-attempt.ts';
import { isDatabaseOutage, isDatabaseUnavailable } from '../database/unavailable.ts';
import { errorMessage } from '../process/errors.ts';

/**
 * Converts an outage of our own database, in any query of any activity, to one failure that workflows know, with a message that may be
 * shown. The failure contains the number of the attempt, so that the attempts before it still count. An application's activity may have other
 * clients than ours: its error counts if `checkDatabase` fails as well.
 */
export function nameOutages(
  checkDatabase: () => Promise<unknown>,
): (context: Context) => ActivityInterceptors {
  return (context) => ({
    inbound: {
      async execute(input, next) {
        try {
          return await next(input);
        } catch (error) {
          if (!isDatabaseUnavailable(error) && !(await isDatabaseOutage(error, checkDatabase))) throw error;
          log.warn('the database cannot be reached', { error: errorMessage(error) });
          throw libraryFailure({
            message: 'the database cannot be reached',
            type: failureTypes.databaseUnavailable,
            details: [{ attempt: context.info.attempt } satisfies UncountedAttempt],
          });
        }
      },
    },
  });
}
