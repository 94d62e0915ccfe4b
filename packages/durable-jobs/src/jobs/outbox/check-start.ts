import type { z } from 'zod';
import type { Db } from '../../database/connect.ts';
import { jobId } from '../job-definition.ts';
import type { JobRegistry } from '../registry.ts';
import type { OutboxEntry, StoredEntry } from './enqueue.ts';
import { StartRefusedError, unknownType } from './refused-start.ts';

/** Maximum length of a stored description of an invalid input. */
const MOST_CHARACTERS = 2_000;

/**
 * Validates a start that SQL committed, as TypeScript starts are validated before their commit, and sets its job's id. A start that was
 * already checked is returned unchanged.
 * @throws {StartRefusedError} if nobody here knows the type, or the job's schema refuses the input.
 */
export async function checkStart(
  { db, jobs }: { db: Db; jobs: JobRegistry },
  entry: StoredEntry,
): Promise<OutboxEntry> {
  if (entry.isChecked && entry.jobId !== null) return { ...entry, jobId: entry.jobId };
  const job = jobs.find(entry.jobType);
  if (!job) throw unknownType(entry.jobType);
  const parsed = job.input.safeParse(entry.input);
  if (!parsed.success) throw new StartRefusedError('invalid_input', describeIssues(parsed.error));
  const id = jobId(job, parsed.data, entry.dedupeKey);
  await db
    .updateTable('outbox')
    .set({ jobId: id, input: JSON.stringify(parsed.data), isChecked: true })
    .where('id', '=', entry.id)
    .execute();
  // Waits for this job find its end by its id.
  await db
    .updateTable('awaitedJobs')
    .set({ jobId: id })
    .where('upToEntryId', '=', entry.id)
    .where('jobId', 'is', null)
    .execute();
  return { ...entry, jobId: id, input: parsed.data, isChecked: true };
}

/** What is wrong with an input in one line, field by field. */
function describeIssues({ issues }: z.ZodError): string {
  return issues
    .map(({ path, message }) => (path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`))
    .join('; ')
    .slice(0, MOST_CHARACTERS);
}
