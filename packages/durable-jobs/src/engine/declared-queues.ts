import type { TaskKind } from './task-queues.ts';

/** The library's own task queues: `jobs` has workflows and light activities, `bulk` the batches of bulk jobs. */
export const libraryQueues = { jobs: 'jobs', bulk: 'bulk' } as const;

/** Concurrency and rate of a task queue. */
export interface TaskQueueLimits {
  /** Activities that one worker runs concurrently. */
  slots: number;
  /** Maximum number of activities per second that all workers of the queue start together; unlimited by default. */
  perSecond?: number;
}

/** The additional task queues of an application, by name. They run only activities: workflows run on the queue `jobs`. */
export type TaskQueues = Readonly<Record<string, TaskQueueLimits>>;

/**
 * Returns every task queue, including the library's, in the order in which pages list them.
 * @throws if an application's queue has the name of one of the library's.
 */
export function taskQueueNames(own: TaskQueues): [string, ...string[]] {
  const taken = Object.values(libraryQueues).find((name) => Object.hasOwn(own, name));
  if (taken !== undefined)
    throw new Error(`the task queue ${taken} is the library's own: choose another name`);
  return [libraryQueues.jobs, ...Object.keys(own), libraryQueues.bulk];
}

/** Returns the kinds of tasks of a queue. */
export function taskKindsOf(queue: string): readonly TaskKind[] {
  return queue === libraryQueues.jobs ? ['workflow', 'activity'] : ['activity'];
}
