import { createBulkTaskRegistry, type BulkTaskList, type BulkTaskRegistry } from './bulk/task-registry.ts';
import { actOnJobs, actOnRunsAndStarts } from './bulk/act-on-jobs/act-on-jobs.ts';
import { deadWorkItems } from './work-queue/dead-items.ts';
import { requeueWork } from './work-queue/requeue-task.ts';

/** The library's own bulk tasks. */
const ownTasks = [requeueWork, actOnJobs, actOnRunsAndStarts];

/** Builds the registry of an application's bulk tasks and queries, and the library's own. */
export function createBulkTasks({ tasks = [], queries = [] }: BulkTaskList): BulkTaskRegistry {
  return createBulkTaskRegistry({
    tasks: [...tasks, ...ownTasks],
    queries: [...queries, deadWorkItems],
  });
}

/** Whether an application has bulk tasks besides the library's. */
export function hasApplicationTasks({ tasks }: Pick<BulkTaskRegistry, 'tasks'>): boolean {
  return tasks.some(({ name }) => ownTasks.every((own) => own.name !== name));
}
