import { ownTaskQueues } from '../contracts/task-queues.ts';
import type { TaskQueues } from 'durable-jobs/engine';

/**
 * Returns the application's own task queues with their rates. `callsPerSecond` is the provider's limit for all workers. A charge makes two
 * or three calls, each of which waits for its turn: tasks that would only wait stay in the engine.
 */
export function limitedTaskQueues(callsPerSecond: number): TaskQueues {
  return { ...ownTaskQueues, payments: { ...ownTaskQueues.payments, perSecond: callsPerSecond / 2 } };
}
