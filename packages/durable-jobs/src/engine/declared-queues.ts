import type { TaskKind } from './task-queues.ts';

/** The library's own task queues: `jobs` has workflows and light activities, `bulk` the batches of bulk jobs. */
export const libraryQueues = { jobs: 'jobs', bulk: 'bulk' } as const;

/** How much of a task queue's work is done at once. */
export interface TaskQueueLimits {
  /** Activities that one worker runs at once. */
  slots: number;
  /** Activities a second that all workers of the queue together begin at most. Without it, there is no such limit. */
  perSecond?: number;
}

/**
 * The task queues that an application has beside the library's, by name. They have activities alone: workflows are run on the
 * queue `jobs`.
 */
export type TaskQueues = Readonly<Record<string, TaskQueueLimits>>;

/**
 * Every task queue, the library's included, in the order in which they are listed to people.
 * @throws if an application's queue has the name of one of the library's.
 */
export function taskQueueNames(own: TaskQueues): [string, ...string[]] {
  const taken = Object.values(libraryQueues).find((name) => Object.hasOwn(own, name));
  if (taken !== undefined)
    throw new Error(`the task queue ${taken} is the library's own: choose another name`);
  return [libraryQueues.jobs, ...Object.keys(own), libraryQueues.bulk];
}

/** The kinds of tasks that a queue has. */
export function taskKindsOf(queue: string): readonly TaskKind[] {
  return queue === libraryQueues.jobs ? ['workflow', 'activity'] : ['activity'];
}
