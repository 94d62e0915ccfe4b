import type { Db } from '../../database/connect.ts';
import { jobId, type JobDefinition } from '../job-definition.ts';
import type { JobRegistry } from '../registry.ts';
import { checkStart } from './check-start.ts';
import { entryColumns } from './enqueue.ts';
import { isStillToMake } from './still-to-make.ts';

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
