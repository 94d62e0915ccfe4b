import { Context } from '@temporalio/activity';
import { failureTypes } from './failure-types.ts';
import { libraryFailure } from './library-failure.ts';
import type { Db } from '../database/connect.ts';
import { checkDatabase } from '../database/check-database.ts';

/** Type of the activities about our own database, for workflows. */
export type DatabaseActivities = ReturnType<typeof createDatabaseActivities>;

/** Longest pause before the retry of work that fails although the database responds. */
const LONGEST_REST_SECONDS = 300;

/** The activities that are about our own database. */
export function createDatabaseActivities({ db }: { db: Db }) {
  return {
    /**
     * Succeeds once our database responds. It is read-only, so repeats are safe. `outages` is the number of consecutive outages of a step:
     * from the second one on, the activity first pauses, longer each time, because the database may respond to this query and still fail
     * the step.
     */
    async awaitDatabase({ outages = 1 }: { outages?: number } = {}): Promise<void> {
      if (outages > 1 && Context.current().info.attempt === 1) {
        throw libraryFailure({
          message: 'the database failed again immediately after it had responded',
          type: failureTypes.databaseUnavailable,
          nextRetryDelay: Math.min(2 ** (outages - 1), LONGEST_REST_SECONDS) * 1_000,
        });
      }
      await checkDatabase(db);
    },
  };
}
