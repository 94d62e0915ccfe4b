import type { TaskQueues } from 'durable-jobs/engine';
import { taskQueues } from './names.ts';

/**
 * The application's own task queues. Workers add the rate of `payments`, which is a setting. A payment waits for the provider most of the
 * time and uses the database between its calls, so two share a connection.
 */
export const ownTaskQueues = { [taskQueues.payments]: { slotsPerConnection: 2 } } satisfies TaskQueues;
