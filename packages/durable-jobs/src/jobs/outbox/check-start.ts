import { sql } from 'kysely';
import type { z } from 'zod';
import type { Db } from '../../database/connect.ts';
import { safeAcceptInput } from '../accept-input.ts';
import { jobId, type JobDefinition } from '../job-definition.ts';
import { givenFairness, urgencyOf } from '../urgency.ts';
import type { JobRegistry } from '../registry.ts';
import type { OutboxEntry, StoredEntry } from './enqueue.ts';
import { refusalOf, StartRefusedError, unknownType } from './refused-start.ts';

/** Maximum length of a stored description of an invalid input. */
const MOST_CHARACTERS = 2_000;

/**
 * Validates a start that SQL committed, as TypeScript starts are validated before their commit, and sets its job's id. A start that was
 * already checked is returned unchanged.
 * @throws {StartRefusedError} if the process does not know the type, the job's schema refuses the input, or the job's key or fairness is
 * not valid.
 */
export async function checkStart(
  { db, jobs }: { db: Db; jobs: JobRegistry },
  entry: StoredEntry,
): Promise<OutboxEntry> {
  if (entry.isChecked && entry.jobId !== null) return { ...entry, jobId: entry.jobId };
  const job = jobs.find(entry.jobType);
  if (!job) throw unknownType(entry.jobType);
  const parsed = safeAcceptInput(job, entry.input);
  if (!parsed.success) throw new StartRefusedError('invalid_input', describeIssues(parsed.error));
  const id = await idOfEntry(db, job, entry, parsed.data);
  const given = { priority: entry.priority, fairness: givenFairness(entry) };
  const urgency = urgencyOf(job, parsed.data, given);
  await db
    .updateTable('outbox')
    .set({
      jobId: id,
      isChecked: true,
      ...urgency,
      // An input that is to receive a group's counts is parsed with them, and only then.
      input: sql<string>`CASE WHEN ${awaitsCounts} THEN input ELSE ${JSON.stringify(parsed.data)}::jsonb END`,
    })
    .where('id', '=', entry.id)
    // A held start may have been released meanwhile, with the counts in its input.
    .where('isHeld', '=', entry.isHeld)
    .execute();
  // Waits for this job find its end by its id. That of a group may have an id that SQL gave and that is not the job's.
  await db
    .updateTable('awaitedJobs')
    .set({ jobId: id })
    .where('upToEntryId', '=', entry.id)
    .where((eb) => eb.or([eb('jobId', 'is', null), eb('groupId', 'is not', null)]))
    .execute();
  return { ...entry, ...urgency, jobId: id, input: parsed.data, isChecked: true };
}

/** Whether an entry of the outbox starts the completion job of a group that has yet to complete, and takes its counts. */
const awaitsCounts = sql<boolean>`EXISTS (
  SELECT FROM job_groups WHERE completion_entry_id = outbox.id AND counts_as IS NOT NULL AND completed_at IS NULL)`;

/**
 * Returns the id of an entry's job. If there is none, one that SQL gave is removed: it may be that of another job, and a group or a start
 * that waits for this one finds its end by the entry.
 * @throws {StartRefusedError} if the job's key is not valid.
 */
async function idOfEntry(
  db: Db,
  job: JobDefinition,
  { id: entryId, dedupeKey }: StoredEntry,
  input: object,
): Promise<string> {
  try {
    return jobId(job, input, dedupeKey);
  } catch (error) {
    const refusal = refusalOf(error);
    if (!refusal) throw error;
    await db.updateTable('outbox').set({ jobId: null }).where('id', '=', entryId).execute();
    await db
      .updateTable('awaitedJobs')
      .set({ jobId: null })
      .where('upToEntryId', '=', entryId)
      .where('groupId', 'is not', null)
      .execute();
    throw refusal;
  }
}

/** What is wrong with an input in one line, field by field. */
function describeIssues({ issues }: z.ZodError): string {
  return issues
    .map(({ path, message }) => (path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`))
    .join('; ')
    .slice(0, MOST_CHARACTERS);
}
