import type { Db } from '../../database/connect.ts';
import { safeAcceptInput } from '../accept-input.ts';
import { jobId, type JobDefinition } from '../job-definition.ts';
import { JobKeyError } from '../job-key.ts';
import type { JobRegistry } from '../registry.ts';
import { checkStart } from './check-start.ts';
import { entryColumns, type StoredEntry } from './enqueue.ts';
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
      .where('dispatchedAt', 'is', null)
      .where(isStillToMake)
      .where('id', '>', after)
      .orderBy('id')
      .limit(BATCH)
      .execute();
    for (const entry of entries) {
      // A start that the job's definition refuses becomes a dead start, which has no id.
      if (idOfEntry(job, entry) === id) await checkStart({ db, jobs }, entry);
      after = entry.id;
    }
    if (entries.length < BATCH) return;
  }
}

/** Returns the id of an unchecked entry's job; undefined if the definition refuses its input or key. */
function idOfEntry(job: JobDefinition, { input, dedupeKey }: StoredEntry): string | undefined {
  const parsed = safeAcceptInput(job, input);
  if (!parsed.success) return undefined;
  try {
    return jobId(job, parsed.data, dedupeKey);
  } catch (error) {
    if (error instanceof JobKeyError) return undefined;
    throw error;
  }
}
