import { withPrepared } from 'durable-jobs/database';

type Activities = Record<string, (input: never) => Promise<unknown>>;

/**
 * Has the statements of activities prepared, which are the same for each order or email. If a table has changed in the middle of a transaction, that
 * counts as an outage of the database, which uses up no attempt.
 */
export function prepared<Own extends Activities>(activities: Own): Own {
  const entries = Object.entries(activities).map(([name, activity]) => [
    name,
    (input: never) => withPrepared(() => activity(input)),
  ]);
  return Object.fromEntries(entries) as Own;
}
