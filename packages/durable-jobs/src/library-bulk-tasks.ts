import { createBulkTaskRegistry, type BulkTaskList, type BulkTaskRegistry } from './bulk/task-registry.ts';
import { actOnJobs } from './bulk/act-on-jobs/act-on-jobs.ts';
import { deadWorkItems } from './work-queue/dead-items.ts';
import { requeueWork } from './work-queue/requeue-task.ts';

/** Builds the registry of an application's bulk tasks and queries, and the library's own. */
export function createBulkTasks({ tasks = [], queries = [] }: BulkTaskList): BulkTaskRegistry {
  return createBulkTaskRegistry({
    tasks: [...tasks, requeueWork, actOnJobs],
    queries: [...queries, deadWorkItems],
  });
}
