import { z } from 'zod';
import { nothingDeleted, type DeletedRows } from '../contracts/jobs/delete-expired.ts';
import type { Db } from '../domain/database/schema.ts';
import { expiredRows, type Retentions } from '../domain/upkeep/expired-rows.ts';
import { walk } from 'durable-jobs/engine';

/** What the clean-up's activities need. */
export interface CleanUpDeps {
  db: Db;
  retentions: Retentions;
}

/** The clean-up's activities, as workflows call them. */
export type CleanUpActivities = ReturnType<typeof createCleanUpActivities>;

/** Rows that one statement deletes: it takes milliseconds, and its locks with it. */
const BATCH = 1_000;

const count = z.number().int().nonnegative();
/** An attempt of an earlier release knew fewer kinds. */
const countOfNewKind = count.default(0);

/** Which kind of rows is next, and what was deleted so far. */
const checkpointSchema = z.object({
  next: count,
  deleted: z.object({
    passwordResets: count,
    idempotencyKeys: count,
    outboxEntries: count,
    failedAttempts: count,
    bulkItems: countOfNewKind,
    bulkJobs: countOfNewKind,
    workItems: countOfNewKind,
    auditEntries: countOfNewKind,
    publishedMessages: countOfNewKind,
    settledMessages: countOfNewKind,
    deadLetters: countOfNewKind,
    messageFailures: countOfNewKind,
    uploadedItems: countOfNewKind,
    uploads: countOfNewKind,
  }),
});

/** The activities of the clean-up. */
export function createCleanUpActivities({ db, retentions }: CleanUpDeps, batch = BATCH) {
  const kinds = Object.keys(expiredRows) as (keyof DeletedRows)[];
  return {
    /**
     * Deletes what has expired, a batch at a time, each in a transaction of its own. A repeat is safe: what is deleted is
     * not there any more. It goes on from the last heartbeat; a batch that was deleted after that one is missing in the
     * counts of the repeat.
     */
    async deleteExpiredRows(): Promise<DeletedRows> {
      const start = { next: 0, deleted: { ...nothingDeleted } };
      const { deleted } = await walk(checkpointSchema, start, async (checkpoint) => {
        const kind = kinds[checkpoint.next];
        if (kind === undefined) return { checkpoint, done: true };
        const rows = await expiredRows[kind](db, retentions, batch);
        return {
          checkpoint: {
            next: rows < batch ? checkpoint.next + 1 : checkpoint.next,
            deleted: { ...checkpoint.deleted, [kind]: checkpoint.deleted[kind] + rows },
          },
          done: false,
        };
      });
      return deleted;
    },
  };
}
