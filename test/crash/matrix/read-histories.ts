import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
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

/** Writes the histories of all runs in which a workflow task failed into a folder, to be replayed. Returns their files. */
export async function keepFailedHistories({ client }: MatrixStack, folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { workflowId, runId } of client.workflow.list()) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    if (summarise(history.events ?? []).failedTasks.length === 0) continue;
    const file = join(folder, `${workflowId.replaceAll(/[^\w-]/g, '_')}.json`);
    await writeFile(file, JSON.stringify(historyToJSON(history), null, 2));
    files.push(file);
  }
  return files;
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
