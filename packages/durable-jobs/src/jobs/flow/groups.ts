import { sql } from 'kysely';
import type { Db } from '../../database/connect.ts';
import type { JobEnd } from './ends.ts';
import { releaseStart } from './release.ts';

/** The number of a group's jobs by outcome. */
export type GroupCounts = Record<'total' | 'pending', number> & Record<Camel<JobEnd>, number>;

type Camel<End extends JobEnd> = End extends 'not_started' ? 'notStarted' : End;

/** A group of jobs. */
export interface JobGroup {
  id: string;
  createdAt: Date;
  closedAt: Date | null;
  completedAt: Date | null;
  /** Its completion job; the id is null until the start has been checked. */
  completion: { entryId: number; jobType: string; jobId: string | null } | null;
  counts: GroupCounts;
}

/** A job of a group. */
export interface GroupMember {
  id: number;
  jobId: string | null;
  end: JobEnd | null;
  endedAt: Date | null;
}

/** A group, or undefined if there is none. */
export async function findGroup(db: Db, id: string): Promise<JobGroup | undefined> {
  const row = await db
    .selectFrom('jobGroups')
    .leftJoin('outbox', 'outbox.id', 'jobGroups.completionEntryId')
    .select(['jobGroups.createdAt', 'closedAt', 'completedAt', 'completionEntryId', 'jobType', 'jobId'])
    .where('jobGroups.id', '=', id)
    .executeTakeFirst();
  if (!row) return undefined;
  const { completionEntryId: entryId, jobType, jobId, ...group } = row;
  return {
    id,
    ...group,
    completion: entryId === null || jobType === null ? null : { entryId, jobType, jobId },
    counts: await countMembers(db, id),
  };
}

/** Up to `limit` jobs of a group and one more if there are more, in the order in which they were added. */
export async function listMembers(
  db: Db,
  groupId: string,
  page: { limit: number; after: number | undefined },
): Promise<GroupMember[]> {
  return db
    .selectFrom('awaitedJobs')
    .leftJoin('outbox', 'outbox.id', 'upToEntryId')
    .select((eb) => [
      'awaitedJobs.id',
      eb.fn.coalesce('awaitedJobs.jobId', 'outbox.jobId').as('jobId'),
      'endedAs as end',
      'endedAt',
    ])
    .where('groupId', '=', groupId)
    .where('awaitedJobs.id', '>', page.after ?? 0)
    .orderBy('awaitedJobs.id')
    .limit(page.limit + 1)
    .execute();
}

/** The position after which a page of groups begins. */
export interface GroupPlace {
  /** In PostgreSQL's format, with its microseconds. */
  at: string;
  id: string;
}

/** Returns up to `limit` groups, newest first, and one more if there are more, each with the place after it. */
export async function listGroups(
  db: Db,
  { limit, after }: { limit: number; after: GroupPlace | undefined },
): Promise<(Omit<JobGroup, 'completion'> & { place: GroupPlace })[]> {
  let query = db
    .selectFrom('jobGroups')
    .select(['id', 'createdAt', 'closedAt', 'completedAt', sql<string>`created_at::text`.as('at')]);
  if (after) query = query.where(sql<boolean>`(created_at, id) < (${after.at}::timestamptz, ${after.id})`);
  const groups = await query
    .orderBy('createdAt', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute();
  return Promise.all(
    groups.map(async ({ at, ...group }) => ({
      ...group,
      counts: await countMembers(db, group.id),
      place: { at, id: group.id },
    })),
  );
}

/** What a job has to do with other jobs. */
export interface JobRelations {
  /** The groups that it belongs to, or that it completes. */
  groups: string[];
  /** The jobs that start when it has ended, as far as their ids are known. */
  continuations: string[];
}

/** Returns up to twenty groups and continuations of a job, newest first. */
export async function relationsOf(db: Db, jobId: string): Promise<JobRelations> {
  const { rows } = await sql<{ groupId: string | null; heldJobId: string | null }>`
    SELECT group_id, held.job_id AS held_job_id FROM (
      SELECT id, group_id, held_entry_id FROM awaited_jobs WHERE job_id = ${jobId}
      UNION ALL
      SELECT outbox.id, job_groups.id, NULL FROM outbox JOIN job_groups ON completion_entry_id = outbox.id
      WHERE outbox.job_id = ${jobId}
    ) AS related LEFT JOIN outbox AS held ON held.id = held_entry_id
    ORDER BY related.id DESC LIMIT 20`.execute(db);
  const known = (ids: (string | null)[]): string[] => [...new Set(ids.filter((id) => id !== null))];
  return {
    groups: known(rows.map(({ groupId }) => groupId)),
    continuations: known(rows.map(({ heldJobId }) => heldJobId)),
  };
}

/** Groups completed per pass. */
const BATCH = 100;

/**
 * Completes closed groups whose jobs have all ended: releases the start of each completion job, with the counts. If two processes do this
 * at once, only one succeeds. Returns how many groups it completed.
 */
export async function completeGroups(db: Db): Promise<number> {
  const ready = await db
    .selectFrom('jobGroups')
    .select('id')
    .where('completedAt', 'is', null)
    .where('closedAt', 'is not', null)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('awaitedJobs')
            .select('awaitedJobs.id')
            .whereRef('groupId', '=', 'jobGroups.id')
            .where('endedAt', 'is', null),
        ),
      ),
    )
    .limit(BATCH)
    .execute();
  let completed = 0;
  for (const { id } of ready) if (await completeGroup(db, id)) completed++;
  return completed;
}

async function completeGroup(db: Db, id: string): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const group = await trx
      .selectFrom('jobGroups')
      .select(['completionEntryId', 'countsAs'])
      .where('id', '=', id)
      .where('completedAt', 'is', null)
      .forUpdate()
      .executeTakeFirst();
    if (!group) return false;
    const { pending, ...counts } = await countMembers(trx, id);
    // A job was retried since.
    if (pending > 0) return false;
    await trx
      .updateTable('jobGroups')
      .set({ completedAt: sql<Date>`now()` })
      .where('id', '=', id)
      .execute();
    const { completionEntryId: entryId, countsAs: field } = group;
    if (entryId !== null)
      await releaseStart(trx, entryId, field === null ? undefined : { field, value: counts });
    return true;
  });
}

async function countMembers(db: Db, groupId: string): Promise<GroupCounts> {
  const rows = await db
    .selectFrom('awaitedJobs')
    .select(['endedAs', sql<number>`count(*)::int`.as('count')])
    .where('groupId', '=', groupId)
    .groupBy('endedAs')
    .execute();
  const countOf = (end: JobEnd | null): number => rows.find(({ endedAs }) => endedAs === end)?.count ?? 0;
  return {
    total: rows.reduce((sum, { count }) => sum + count, 0),
    pending: countOf(null),
    completed: countOf('completed'),
    failed: countOf('failed'),
    cancelled: countOf('cancelled'),
    terminated: countOf('terminated'),
    notStarted: countOf('not_started'),
    unknown: countOf('unknown'),
  };
}
