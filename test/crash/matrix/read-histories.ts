import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import proto from '@temporalio/proto';
import { replayHistories } from '../../../packages/durable-jobs/src/testing/replay/replay-histories.ts';
import { completedTasks } from '../../../packages/durable-jobs/src/worker/replay/completed-tasks.ts';
import { isClosed } from '../../../packages/durable-jobs/src/worker/replay/end-of-history.ts';
import type { NamedHistory } from '../../../packages/durable-jobs/src/worker/replay/named-history.ts';
import { countBy } from './invariants/count-by.ts';
import { checkHistories, type FoundHistory } from './invariants/histories.ts';
import type { MatrixStack } from './stack.ts';

const { WorkflowTaskFailedCause } = proto.temporal.api.enums.v1;

/** The prefix of the engine's names of causes. */
const CAUSE = 'WORKFLOW_TASK_FAILED_CAUSE_';

/** The history of a run, and what the invariants check about it. */
interface ReadHistory {
  named: NamedHistory;
  found: FoundHistory;
}

/**
 * Reads the histories of all runs that have begun since a time, or are open, and replays each on the workflows that it was made with.
 */
export async function readHistories(stack: MatrixStack, since: Date): Promise<FoundHistory[]> {
  const read = await replayRuns(
    stack,
    `StartTime >= '${since.toISOString()}' OR ExecutionStatus = 'Running'`,
  );
  return read.map(({ found }) => found);
}

/** Writes the histories of all runs that violate an invariant of histories into a folder. Returns their files. */
export async function keepFailedHistories(stack: MatrixStack, folder: string): Promise<string[]> {
  const failed = (await replayRuns(stack, '')).filter(({ found }) => checkHistories([found]).length > 0);
  return Promise.all(
    failed.map(async ({ named: { name, history } }) => {
      const file = join(folder, `${name.replaceAll(/[^\w-]/g, '_')}.json`);
      await writeFile(file, historyToJSON(history));
      return file;
    }),
  );
}

async function replayRuns({ client, workflowBundle }: MatrixStack, query: string): Promise<ReadHistory[]> {
  const read: NamedHistory[] = [];
  const failures = new Map<string, string | null>();
  async function* fetchEach(): AsyncIterable<NamedHistory> {
    for await (const { workflowId, runId } of client.workflow.list({ query })) {
      const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
      const named = { name: `${workflowId}/${runId}`, workflowId, history };
      read.push(named);
      const all = history.events ?? [];
      const events = isClosed(all) ? all : completedTasks(all);
      if (events.length > 0) yield { ...named, history: { events } };
      else failures.set(named.name, null);
    }
  }
  for (const { name, failure } of await replayHistories({
    workflows: workflowBundle,
    histories: fetchEach(),
  }))
    failures.set(name, failure && `${failure.message} (${failure.kind})`);
  return read.map((named) => {
    const failure = failures.get(named.name);
    return {
      named,
      found: { ...summarise(named), replayFailure: failure === undefined ? 'it was not replayed' : failure },
    };
  });
}

function summarise({ workflowId, history }: NamedHistory): Omit<FoundHistory, 'replayFailure'> {
  const events = history.events ?? [];
  const types = new Map<string, string>();
  for (const { eventId, activityTaskScheduledEventAttributes: scheduled } of events) {
    if (scheduled) types.set(String(eventId), scheduled.activityType?.name ?? '');
  }
  const completed = events.flatMap(({ activityTaskCompletedEventAttributes: end }) =>
    end ? (types.get(String(end.scheduledEventId)) ?? []) : [],
  );
  return {
    jobId: workflowId,
    failedTasks: events.flatMap(({ workflowTaskFailedEventAttributes: failed }) =>
      failed ? (WorkflowTaskFailedCause[failed.cause ?? 0] ?? '').replace(CAUSE, '') : [],
    ),
    completed: countBy(completed, (type) => type),
  };
}
