import type { Db } from '../database/connect.ts';
import { jobId, type JobDefinition } from '../jobs/job-definition.ts';
import { checkStart } from '../jobs/outbox/check-start.ts';
import { entryColumns } from '../jobs/outbox/enqueue.ts';
import { isStillToMake } from '../jobs/outbox/still-to-make.ts';
import type { JobRegistry } from '../jobs/registry.ts';

/** Entries that are looked at with one query. */
const BATCH = 500;

/**
 * Gives those starts their job's id that SQL committed for a job and that the relay has yet to check, so that they are found by
 * it. Repeating it is safe.
 */
export async function checkStartsOf(
  { db, jobs }: { db: Db; jobs: JobRegistry },
  job: JobDefinition,
  id: string,
): Promise<void> {
  for (let after = 0; ;) {
    const entries = await db
      .selectFrom('outbox')
      .select(entryColumns)
      .where('jobType', '=', job.type)
      .where('jobId', 'is', null)
      .where(isStillToMake)
      .where('id', '>', after)
      .orderBy('id')
      .limit(BATCH)
      .execute();
    for (const entry of entries) {
      const parsed = job.input.safeParse(entry.input);
      // What its schema refuses becomes a dead start, which has no id.
      if (parsed.success && jobId(job, parsed.data, entry.dedupeKey) === id)
        await checkStart({ db, jobs }, entry);
      after = entry.id;
    }
    if (entries.length < BATCH) return;
  }
}
