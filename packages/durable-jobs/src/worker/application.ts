import type { BulkTaskRegistry } from '../bulk/task-registry.ts';
import type { TaskQueues } from '../engine/declared-queues.ts';
import type { ServiceRegistry } from '../hosted-services/service-registry.ts';
import type { JobRulesByType } from '../jobs/act/job-rules.ts';
import type { JobRegistry } from '../jobs/registry.ts';
import type { MessageConsumerDefinition } from '../messages/define-consumer.ts';
import type { ScheduleDefinition } from '../schedules/definition.ts';
import type { WorkKindRegistry } from '../work-queue/work-kinds.ts';
import type { WorkflowFiles } from './workflow-code.ts';

/** What an application passes to its workers: each definition with its code. */
export interface WorkerApplication {
  jobs: JobRegistry;
  jobRules: JobRulesByType;
  workflows: WorkflowFiles;
  /** Its activities, by the name that its workflows use. The library's own are added. */
  activities: object;
  /** Its own task queues. */
  taskQueues: TaskQueues;
  /** Its hosted services with their code, except for the library's own and for {@link consumers}. */
  services: ServiceRegistry;
  /** Consumers of its message queues. Each is also a service of the registry. */
  consumers: readonly MessageConsumerDefinition[];
  /** Its message queues by name, with the broker's address of each. */
  queues: Readonly<Record<string, string>>;
  /** Its kinds of work items, each with its code. */
  workKinds: WorkKindRegistry;
  /** Its bulk tasks and queries, each with its code. */
  bulkTasks: BulkTaskRegistry;
  /** Schedules to apply when the worker starts; absent if they are applied in another way. */
  schedules?: readonly ScheduleDefinition[] | undefined;
  /** Closes the resources that it opened. Called when no worker is running any more. */
  close?(): Promise<void>;
}
