import type { TaskQueues } from '../packages/durable-jobs/src/engine/declared-queues.ts';
import { taskQueues } from './names.ts';

/** The application's own task queues. Workers add the rate of `payments`, which is a setting. */
export const ownTaskQueues = { [taskQueues.payments]: { slots: 20 } } satisfies TaskQueues;
