import { ApplicationFailure, Context } from '@temporalio/activity';
import { sql } from 'kysely';
import { failureTypes } from './failure-types.ts';
import type { Db } from '../database/connect.ts';
import { whileDatabaseAnswers } from '../database/unavailable.ts';

/** The activities that are about our own database, as workflows call them. */
export type DatabaseActivities = ReturnType<typeof createDatabaseActivities>;

/** The longest wait before a database is tried again that fails work although it answers. */
const LONGEST_REST_SECONDS = 300;

/** The activities that are about our own database. */
export function createDatabaseActivities({ db }: { db: Db }) {
  return {
    /**
     * Succeeds once our database answers. It changes nothing, so a repeat is safe. `outages` is how often in a row a step
     * has met an outage: from the second time on, the database is left alone first, for longer each time, because it
     * may answer this query and still fail the step's own.
     */
    async awaitDatabase({ outages = 1 }: { outages?: number } = {}): Promise<void> {
      if (outages > 1 && Context.current().info.attempt === 1) {
        throw ApplicationFailure.create({
          message: 'the database failed again right after it had answered',
          type: failureTypes.databaseUnavailable,
          nextRetryDelay: Math.min(2 ** (outages - 1), LONGEST_REST_SECONDS) * 1_000,
        });
      }
      await whileDatabaseAnswers(() => sql`select 1`.execute(db));
    },
  };
}
