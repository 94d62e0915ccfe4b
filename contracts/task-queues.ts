import type { TaskQueues } from 'durable-jobs/engine';
import { taskQueues } from './names.ts';

/** The application's own task queues. Workers add the rate of `payments`, which is a setting. */
export const ownTaskQueues = { [taskQueues.payments]: { slots: 20 } } satisfies TaskQueues;
