import type { Db } from '../database/connect.ts';
import { jobId, type JobDefinition } from '../jobs/job-definition.ts';
import { checkStart } from '../jobs/outbox/check-start.ts';
import { entryColumns } from '../jobs/outbox/enqueue.ts';
import { isStillToMake } from '../jobs/outbox/still-to-make.ts';
import type { JobRegistry } from '../jobs/registry.ts';

/** Entries per query. */
const BATCH = 500;

/**
 * Computes the job ids of starts that SQL committed and that the relay has not checked yet, so that these starts are found by job id.
 * Repeating the call is safe.
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
      // Input that the schema refuses becomes a dead start, which has no id.
      if (parsed.success && jobId(job, parsed.data, entry.dedupeKey) === id)
        await checkStart({ db, jobs }, entry);
      after = entry.id;
    }
    if (entries.length < BATCH) return;
  }
}
