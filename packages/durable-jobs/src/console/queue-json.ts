import { z } from 'zod';
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
  })
  .meta({ id: 'Queues' });

/** The queues as {@link queuesJson}. */
export function presentQueues(
  lanes: readonly Lane[],
  backlogs: readonly Backlog[],
): z.output<typeof queuesJson> {
  return {
    taskQueues: lanes.map(({ queue, kind, waiting, pollers }) => ({
      queue,
      kind,
      waiting,
      workers: pollers.map(({ worker, isPolling, lastSeenAt }) => ({
        worker,
        polling: isPolling,
        lastSeenAt: lastSeenAt?.toISOString() ?? null,
      })),
    })),
    tables: backlogs.map(({ queue, items, since }) => ({
      queue,
      waiting: items,
      oldestAt: since?.toISOString() ?? null,
    })),
  };
}
