import type { TaskKind } from './task-queues.ts';

/**
 * The library's own task queues. Each kind of work has its own, so that work that waits for a slow server does not delay other kinds: `jobs`
 * contains workflows and light activities, `mail` activities that send emails, `bulk` the batches of bulk jobs, and `services` the hosted
 * services.
 */
export const libraryQueues = { jobs: 'jobs', mail: 'mail', bulk: 'bulk', services: 'services' } as const;

/** Activities of a task queue that one worker runs concurrently: a number, or a share of its database pool. */
export type TaskQueueSlots =
  | { slots: number }
  /** Slots for each connection of the pool (`DATABASE_POOL_SIZE`), for activities that use the database. At least one. */
  | { slotsPerConnection: number };

/** Concurrency and rate of a task queue. */
export type TaskQueueLimits = TaskQueueSlots & {
  /** Maximum number of activities per second that all workers of the queue start together; unlimited by default. */
  perSecond?: number;
};

/** The additional task queues of an application, by name. They run only activities: workflows run on the queue `jobs`. */
export type TaskQueues = Readonly<Record<string, TaskQueueLimits>>;

/** Returns how many activities a worker with a pool of this size runs at once. */
export function slotsOf(slots: TaskQueueSlots, poolSize: number): number {
  return 'slots' in slots ? slots.slots : Math.max(1, Math.floor(slots.slotsPerConnection * poolSize));
}

/**
 * Returns every task queue, including the library's, in the order in which pages list them.
 * @throws if an application's queue has the name of one of the library's.
 */
export function taskQueueNames(own: TaskQueues): [string, ...string[]] {
  const taken = Object.values(libraryQueues).find((name) => Object.hasOwn(own, name));
  if (taken !== undefined)
    throw new Error(`the task queue ${taken} is the library's own: choose another name`);
  const { jobs, mail, bulk, services } = libraryQueues;
  return [jobs, mail, ...Object.keys(own), bulk, services];
}

/** Returns the kinds of tasks of a queue. */
export function taskKindsOf(queue: string): readonly TaskKind[] {
  return queue === libraryQueues.jobs ? ['workflow', 'activity'] : ['activity'];
}
