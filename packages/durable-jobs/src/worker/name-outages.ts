import { log, type Context } from '@temporalio/activity';
import type { ActivityInterceptors } from '@temporalio/worker';
import { failureTypes } from '../engine/failure-types.ts';
import { libraryFailure } from '../engine/library-failure.ts';
import type { UncountedAttempt } from '../jobs/uncounted-attempt.ts';
import { isOutdatedStatement } from '../database/prepared.ts';
import { failedByDatabase, isDatabaseUnavailable } from '../database/unavailable.ts';
import { errorMessage } from '../process/errors.ts';

/**
 * Converts an outage of our own database, in any query of any activity, to one failure that workflows know, with a message that may be
 * shown. The failure contains the number of the attempt, so that the attempts before it still count. An application's activity may have other
 * clients than ours: its error counts if `checkDatabase` fails as well. So does a transaction that ended because a table was changed meanwhile.
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
          const message = await outageIn(error, checkDatabase);
          if (message === undefined) throw error;
          log.warn(message, { error: errorMessage(error) });
          throw libraryFailure({
            message,
            type: failureTypes.databaseUnavailable,
            details: [{ attempt: context.info.attempt } satisfies UncountedAttempt],
          });
        }
      },
    },
  });
}

/** Describes the outage that an error shows; undefined if it shows none. */
async function outageIn(error: unknown, checkDatabase: () => Promise<unknown>): Promise<string | undefined> {
  if (isDatabaseUnavailable(error) && isOutdatedStatement(error))
    return 'a table of the database was changed meanwhile';
  return (await failedByDatabase(error, checkDatabase)) ? 'the database cannot be reached' : undefined;
}
