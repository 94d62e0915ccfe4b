import { linkToGroup } from './link-to-group.ts';
import { z } from 'zod';
import { pageJson, time } from '../../http/json.ts';
import { jobEnds } from './ends.ts';
import type { GroupMember, JobGroup } from './groups.ts';
import { linkToJob } from '../link-to-job.ts';

const count = z.int().min(0);

/** What a list shows of a group. */
const listedGroup = z.strictObject({
  id: z.string(),
  state: z.enum(['open', 'running', 'completed']).meta({
    description:
      '`open` while it takes more jobs, `running` until all of them have ended, `completed` once the job that completes it was released.',
  }),
  createdAt: time,
  closedAt: time.nullable(),
  completedAt: time.nullable(),
  counts: z.strictObject({
    total: count,
    pending: count.meta({ description: 'Jobs that have not ended.' }),
    completed: count,
    failed: count,
    cancelled: count,
    terminated: count,
    notStarted: count.meta({
      description: 'Jobs whose start was cancelled, dead, expired or skipped.',
    }),
    unknown: count.meta({ description: 'Jobs that ended too long ago for the engine to know how.' }),
  }),
  links: z.strictObject({ self: z.string() }),
});

/** A page of groups, newest first. */
export const groupPageJson = pageJson(listedGroup).meta({ id: 'JobGroupPage' });

/** A page of groups as {@link groupPageJson}. */
export type GroupPageJson = z.output<typeof groupPageJson>;

/** A group of jobs as JSON. */
export const groupJson = listedGroup
  .extend({
    completion: z
      .strictObject({
        type: z.string(),
        jobId: z.string().nullable().meta({ description: 'Null until its start has been checked.' }),
      })
      .nullable()
      .meta({ description: 'The job that starts when all others have ended; null while the group is open.' }),
    jobs: pageJson(
      z.strictObject({
        jobId: z.string().nullable().meta({ description: 'Null until its start has been checked.' }),
        end: z.enum(jobEnds).nullable().meta({ description: 'Null until it has ended.' }),
        endedAt: time.nullable(),
        links: z.strictObject({ job: z.string().nullable() }),
      }),
    ).meta({ description: 'Its jobs, in the order in which they were added.' }),
    links: z.strictObject({ self: z.string(), completion: z.string().nullable() }),
  })
  .meta({ id: 'JobGroup' });

/** A group and a page of its jobs, see {@link groupJson}. */
export type GroupJson = z.output<typeof groupJson>;

/** A group as a list shows it. */
export function presentListedGroup({
  id,
  createdAt,
  closedAt,
  completedAt,
  counts,
}: Omit<JobGroup, 'completion'>): z.output<typeof listedGroup> {
  return {
    id,
    state: completedAt ? 'completed' : closedAt ? 'running' : 'open',
    createdAt: createdAt.toISOString(),
    closedAt: closedAt?.toISOString() ?? null,
    completedAt: completedAt?.toISOString() ?? null,
    counts,
    links: { self: linkToGroup(id) },
  };
}

/** A group and a page of its jobs as {@link groupJson}. */
export function presentGroup(
  group: JobGroup,
  jobs: { items: readonly GroupMember[]; nextCursor: string | null },
): GroupJson {
  const { completion } = group;
  const listed = presentListedGroup(group);
  return {
    ...listed,
    completion: completion && { type: completion.jobType, jobId: completion.jobId },
    jobs: {
      items: jobs.items.map(({ jobId, end, endedAt }) => ({
        jobId,
        end,
        endedAt: endedAt?.toISOString() ?? null,
        links: { job: linkToKnown(jobId) },
      })),
      nextCursor: jobs.nextCursor,
    },
    links: {
      ...listed.links,
      completion: linkToKnown(completion?.jobId ?? null),
    },
  };
}

function linkToKnown(jobId: string | null): string | null {
  return jobId === null ? null : linkToJob(jobId);
}
