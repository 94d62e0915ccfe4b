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

/** The activities of the clean-up. `batch` is how many rows one statement deletes. */
export function createCleanUpActivities({ db, retentions }: CleanUpDeps, batch?: number) {
  return {
    /** Deletes what has expired, the shop's rows and the library's. A repeat is safe: what is deleted is not there any more. */
    deleteExpiredRows: (): Promise<DeletedRows> => deleteExpiredRows(db, expiredRows, retentions, batch),
  };
}
