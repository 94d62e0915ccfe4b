import type { DeletedRows } from '../contracts/jobs/delete-expired.ts';
import type { Db } from '../domain/database/schema.ts';
import { expiredRows, type Retentions } from '../domain/upkeep/expired-rows.ts';
import { deleteExpiredRows } from 'durable-jobs/upkeep';

/** Dependencies of the clean-up's activities. */
export interface CleanUpDeps {
  db: Db;
  retentions: Retentions;
}

/** The clean-up's activities, as workflows call them. */
export type CleanUpActivities = ReturnType<typeof createCleanUpActivities>;

/** Creates the activities of the clean-up. `batch` is the number of rows that one statement deletes. */
export function createCleanUpActivities({ db, retentions }: CleanUpDeps, batch?: number) {
  return {
    /** Deletes expired rows of the shop and the library. A repeat is safe: deleted rows are not found again. */
    deleteExpiredRows: (): Promise<DeletedRows> => deleteExpiredRows(db, expiredRows, retentions, batch),
  };
}
