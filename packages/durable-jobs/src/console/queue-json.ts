import { z } from 'zod';
import { versionStates, type Deployment } from '../engine/deployments.ts';
import { time } from '../http/json.ts';
import type { Backlog } from '../metrics/backlogs.ts';
import type { Lane } from './lanes.ts';

/** The task queues with their workers, and what waits in the library's own tables, as JSON. */
export const queuesJson = z
  .strictObject({
    taskQueues: z.array(
      z.strictObject({
        queue: z.string(),
        kind: z.enum(['workflow', 'activity']),
        waiting: z.int().meta({ description: 'Tasks that wait for a worker, approximately.' }),
        workers: z.array(
          z.strictObject({
            worker: z.string(),
            version: z.string().nullable().meta({ description: 'Its build id, if it is versioned.' }),
            polling: z
              .boolean()
              .meta({ description: 'False for a worker that the engine has not seen for 75 s.' }),
            lastSeenAt: time.nullable(),
          }),
        ),
      }),
    ),
    tables: z.array(
      z.strictObject({
        queue: z.string(),
        waiting: z.int(),
        oldestAt: time.nullable().meta({ description: 'Since when the oldest entry has been waiting.' }),
      }),
    ),
    deployments: z
      .array(
        z.strictObject({
          name: z.string(),
          versions: z.array(
            z.strictObject({
              buildId: z.string(),
              state: z.enum(versionStates).meta({
                description:
                  'New jobs start on the current version, and on the ramping one as far as its percentage says. Pinned jobs still run on a draining one, and none on a drained one. An inactive one has not had jobs yet.',
              }),
              rampPercent: z.number().nullable(),
              createdAt: time.nullable(),
              drainedAt: time.nullable(),
              pinnedJobs: z.int().meta({ description: 'Open jobs that stay on it.' }),
              movingJobs: z.int().meta({
                description: 'Open jobs whose last step ran on it, and that move to the current version.',
              }),
            }),
          ),
        }),
      )
      .nullable()
      .meta({
        description:
          'The versions of the workers, newest first; empty if they have none, and null if they cannot be read at present.',
      }),
  })
  .meta({ id: 'Queues' });

/** The queues as {@link queuesJson}. */
export function presentQueues(
  lanes: readonly Lane[],
  backlogs: readonly Backlog[],
  deployments: readonly Deployment[] | null,
): z.output<typeof queuesJson> {
  return {
    taskQueues: lanes.map(({ queue, kind, waiting, pollers }) => ({
      queue,
      kind,
      waiting,
      workers: pollers.map(({ worker, version, isPolling, lastSeenAt }) => ({
        worker,
        version: version ?? null,
        polling: isPolling,
        lastSeenAt: lastSeenAt?.toISOString() ?? null,
      })),
    })),
    tables: backlogs.map(({ queue, items, since }) => ({
      queue,
      waiting: items,
      oldestAt: since?.toISOString() ?? null,
    })),
    deployments:
      deployments?.map(({ name, versions }) => ({
        name,
        versions: versions.map((version) => ({
          ...version,
          rampPercent: version.rampPercent ?? null,
          createdAt: version.createdAt?.toISOString() ?? null,
          drainedAt: version.drainedAt?.toISOString() ?? null,
        })),
      })) ?? null,
  };
}
