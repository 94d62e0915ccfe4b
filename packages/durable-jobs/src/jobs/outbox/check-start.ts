import { sql, type RawBuilder } from 'kysely';
import type { z } from 'zod';
import { isRefusedValue } from '../../database/batches.ts';
import type { Db } from '../../database/connect.ts';
import { fairnessSchema } from '../../values/priority.ts';
import { safeAcceptInput } from '../accept-input.ts';
import { jobId } from '../job-definition.ts';
import { debounceOf } from '../debounce/debounce-of.ts';
import { limitsOf } from '../limits/limits-of.ts';
import { givenFairness, urgencyOf } from '../urgency.ts';
import type { JobRegistry } from '../registry.ts';
import type { OutboxEntry, StoredEntry } from './enqueue.ts';
import { refusalOf, StartRefusedError, unknownType } from './refused-start.ts';

/** Maximum length of a stored description of an invalid input. */
const MOST_CHARACTERS = 2_000;

/**
 * Validates a start that SQL committed, as TypeScript starts are validated before their commit, and sets its job's id. A start that was
 * already checked is returned unchanged.
 * @throws {StartRefusedError} if the process does not know the type, the job's schema refuses the input, or the job's key, fairness or the
 * key of a limit is not valid.
 */
export async function checkStart(
  { db, jobs }: { db: Db; jobs: JobRegistry },
  entry: StoredEntry,
): Promise<OutboxEntry> {
  if (entry.isChecked && entry.jobId !== null) return { ...entry, jobId: entry.jobId };
  try {
    const checked = checkedEntry(jobs, entry);
    await recordChecked(db, [checked], sql`FOR UPDATE`);
    return checked;
  } catch (error) {
    if (error instanceof StartRefusedError && error.code === 'invalid_key') await forgetJobId(db, entry);
    throw error;
  }
}

/**
 * Like {@link checkStart}, for many starts with one statement. Those that cannot be checked, or whose rows are locked, stay as they are.
 * @throws the database's error if it is not about the values of one start.
 */
export async function checkStarts(
  { db, jobs }: { db: Db; jobs: JobRegistry },
  entries: readonly StoredEntry[],
): Promise<void> {
  const checked = entries.flatMap((entry) => {
    try {
      return [checkedEntry(jobs, entry)];
    } catch {
      return [];
    }
  });
  const record = (entries: readonly OutboxEntry[]): Promise<void> =>
    recordChecked(db, entries, sql`FOR UPDATE SKIP LOCKED`);
  if (checked.length === 0) return;
  try {
    await record(checked);
  } catch (error) {
    if (!isRefusedValue(error)) throw error;
    for (const entry of checked) {
      await record([entry]).catch((refusal: unknown) => {
        if (!isRefusedValue(refusal)) throw refusal;
      });
    }
  }
}

/**
 * Returns an entry as its job's definition completes it.
 * @throws {StartRefusedError} as {@link checkStart} does.
 */
function checkedEntry(jobs: JobRegistry, entry: StoredEntry): OutboxEntry {
  const job = jobs.find(entry.jobType);
  if (!job) throw unknownType(entry.jobType);
  const parsed = safeAcceptInput(job, entry.input);
  if (!parsed.success) throw new StartRefusedError('invalid_input', describeIssues(parsed.error));
  // The database refuses less than this: characters that make one line look like another, for example.
  const fairness = fairnessSchema.nullable().safeParse(givenFairness(entry));
  if (!fairness.success) throw new StartRefusedError('invalid_fairness', describeIssues(fairness.error));
  try {
    const id = jobId(job, parsed.data, entry.dedupeKey);
    limitsOf(job, parsed.data);
    debounceOf(job, parsed.data);
    const urgency = urgencyOf(job, parsed.data, { priority: entry.priority, fairness: fairness.data });
    return { ...entry, ...urgency, jobId: id, input: parsed.data, isChecked: true };
  } catch (error) {
    throw refusalOf(error) ?? error;
  }
}

/**
 * Records checked entries, whose rows `lock` locks in the order of their ids, in one statement with the waits for their jobs: these find the
 * end of a job by its id. That of a group may have an id that SQL gave and that is not the job's.
 */
async function recordChecked(
  db: Db,
  entries: readonly OutboxEntry[],
  lock: RawBuilder<unknown>,
): Promise<void> {
  const ids = entries.map(({ id }) => id);
  const jobIds = entries.map((entry) => entry.jobId);
  await sql`
    WITH checked AS MATERIALIZED (
      SELECT * FROM unnest(${ids}::bigint[], ${jobIds}::text[], ${entries.map(({ isHeld }) => isHeld)}::boolean[],
        ${entries.map(({ priority }) => priority)}::smallint[], ${entries.map((entry) => entry.fairnessKey)}::text[],
        ${entries.map((entry) => entry.fairnessWeight)}::float8[], ${entries.map(({ input }) => JSON.stringify(input))}::jsonb[])
        AS checked (id, job_id, is_held, priority, fairness_key, fairness_weight, input)
    ), locked AS MATERIALIZED (SELECT id FROM outbox WHERE id = ANY(${ids}::bigint[]) ORDER BY id ${lock}),
    recorded AS (
      UPDATE outbox SET job_id = checked.job_id, is_checked = true, priority = checked.priority,
        fairness_key = checked.fairness_key, fairness_weight = checked.fairness_weight,
        -- An input that is to receive a group's counts is parsed with them, and only then.
        input = CASE WHEN ${awaitsCounts} THEN outbox.input ELSE checked.input END
      FROM checked JOIN locked ON locked.id = checked.id
      -- A held start may have been released meanwhile, with the counts in its input.
      WHERE outbox.id = checked.id AND outbox.is_held = checked.is_held
      RETURNING outbox.id, outbox.job_id
    )
    UPDATE awaited_jobs SET job_id = recorded.job_id FROM recorded
    WHERE up_to_entry_id = recorded.id AND (awaited_jobs.job_id IS NULL OR group_id IS NOT NULL)`.execute(db);
}

/** Whether an entry of the outbox starts the completion job of a group that has yet to complete, and takes its counts. */
const awaitsCounts = sql<boolean>`EXISTS (
  SELECT FROM job_groups WHERE completion_entry_id = outbox.id AND counts_as IS NOT NULL AND completed_at IS NULL)`;

/**
 * Removes the id that SQL gave to the job of an entry whose key is not valid: it may be that of another job, and a group or a start that waits
 * for this one finds its end by the entry.
 */
async function forgetJobId(db: Db, { id }: StoredEntry): Promise<void> {
  await db.updateTable('outbox').set({ jobId: null }).where('id', '=', id).execute();
  await db
    .updateTable('awaitedJobs')
    .set({ jobId: null })
    .where('upToEntryId', '=', id)
    .where('groupId', 'is not', null)
    .execute();
}

/** What is wrong with an input in one line, field by field. */
function describeIssues({ issues }: z.ZodError): string {
  return issues
    .map(({ path, message }) => (path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`))
    .join('; ')
    .slice(0, MOST_CHARACTERS);
}
