import proto from '@temporalio/proto';
import { countBy } from './invariants/count-by.ts';
import type { FoundHistory } from './invariants/histories.ts';
import type { MatrixStack } from './stack.ts';

const { WorkflowTaskFailedCause } = proto.temporal.api.enums.v1;

/** The prefix of the engine's names of causes. */
const CAUSE = 'WORKFLOW_TASK_FAILED_CAUSE_';

/** Reads the histories of all runs that have begun since a time. */
export async function readHistories({ client }: MatrixStack, since: Date): Promise<FoundHistory[]> {
  const found: FoundHistory[] = [];
  for await (const run of client.workflow.list({ query: `StartTime >= '${since.toISOString()}'` })) {
    const { events } = await client.workflow.getHandle(run.workflowId, run.runId).fetchHistory();
    found.push({ jobId: run.workflowId, ...summarise(events ?? []) });
  }
  return found;
}

type Events = readonly proto.temporal.api.history.v1.IHistoryEvent[];

function summarise(events: Events): Omit<FoundHistory, 'jobId'> {
  const types = new Map<string, string>();
  for (const { eventId, activityTaskScheduledEventAttributes: scheduled } of events) {
    if (scheduled) types.set(String(eventId), scheduled.activityType?.name ?? '');
  }
  const completed = events.flatMap(({ activityTaskCompletedEventAttributes: end }) =>
    end ? (types.get(String(end.scheduledEventId)) ?? []) : [],
  );
  return {
    failedTasks: events.flatMap(({ workflowTaskFailedEventAttributes: failed }) =>
      failed ? (WorkflowTaskFailedCause[failed.cause ?? 0] ?? '').replace(CAUSE, '') : [],
    ),
    completed: countBy(completed, (type) => type),
  };
}
