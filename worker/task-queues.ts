import { ownTaskQueues } from '../contracts/task-queues.ts';
import type { TaskQueues } from 'durable-jobs/engine';

/**
 * The application's own task queues with their rates. `callsPerSecond` is what the payment provider takes from all workers; a
 * charge makes two calls or three, each of which waits for its turn: what would only wait stays with the engine.
 */
export function limitedTaskQueues(callsPerSecond: number): TaskQueues {
  return { ...ownTaskQueues, payments: { ...ownTaskQueues.payments, perSecond: callsPerSecond / 2 } };
}
