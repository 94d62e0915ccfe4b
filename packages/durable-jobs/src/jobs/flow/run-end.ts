import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { isNotFound } from '../../engine/not-found.ts';
import { endedStatusOf, indexedAs, isOpen, type EndedStatus } from '../../engine/run-status.ts';
import { Condition, isSearchable } from '../../engine/visibility-query.ts';

const { HistoryEventFilterType } = proto.temporal.api.enums.v1;

/** Up to this many runs are read one by one, which is exact; for more, the engine's index shows which have ended. */
const MOST_ASKED = 25;

/** Runs per query of the index. */
const NAMED = 200;

/** Calls that are made concurrently. */
const SIDE_BY_SIDE = 8;

/** How a run ended, and the last run of its chain; `unknown` if the engine no longer has the run. */
export interface RunEnd {
  status: EndedStatus | 'unknown';
  runId: string;
}

/** A run of a job. */
export interface RunOfJob {
  jobId: string;
  runId: string;
}

/**
 * Returns how these runs ended, by run id; runs that have not ended are absent. A run that continued as new ends with the last run of its
 * chain, and one that was reset as the run that replaced it does.
 * @throws the client's error if the engine does not respond.
 */
export async function readEnds(client: Client, runs: readonly RunOfJob[]): Promise<Map<string, RunEnd>> {
  const candidates = runs.length > MOST_ASKED ? await endedAmong(client, runs) : runs;
  const ends = new Map<string, RunEnd>();
  for (let from = 0; from < candidates.length; from += SIDE_BY_SIDE) {
    await Promise.all(
      candidates.slice(from, from + SIDE_BY_SIDE).map(async (run) => {
        const end = await readEnd(client, run);
        if (end) ends.set(run.runId, end);
      }),
    );
  }
  return ends;
}

/**
 * Returns the newest run of a job that began by then, otherwise its first run after that; undefined if it has none. For an id that the
 * engine cannot search for, it is the newest run of all.
 */
export async function runAt(client: Client, jobId: string, at: Date): Promise<string | undefined> {
  if (!isSearchable(jobId)) return newestRun(client, jobId);
  let first: string | undefined;
  const query = Condition.isOneOf('WorkflowId', [jobId]).toString();
  for await (const { runId, startTime } of client.workflow.list({ query, pageSize: 100 })) {
    // Newest first, except that open runs come before closed ones; only one can be open.
    first = runId;
    if (startTime <= at) break;
  }
  return first;
}

async function newestRun(client: Client, jobId: string): Promise<string | undefined> {
  try {
    const { runId } = await client.workflow.getHandle(jobId).describe();
    return runId;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

async function endedAmong(client: Client, runs: readonly RunOfJob[]): Promise<RunOfJob[]> {
  const ended = new Set<string>();
  for (let from = 0; from < runs.length; from += NAMED) {
    const query = Condition.all([
      Condition.isOneOf(
        'RunId',
        runs.slice(from, from + NAMED).map(({ runId }) => runId),
      ),
      Condition.isOneOf('ExecutionStatus', [...indexedAs(), 'ContinuedAsNew']),
    ]).toString();
    for await (const { runId } of client.workflow.list({ query, pageSize: NAMED })) ended.add(runId);
  }
  return runs.filter(({ runId }) => ended.has(runId));
}

/** Returns how a run, or the last run of its chain, ended; undefined while it is open. */
async function readEnd(client: Client, { jobId, runId: first }: RunOfJob): Promise<RunEnd | undefined> {
  for (let runId = first; ;) {
    try {
      const run = await client.workflow.getHandle(jobId, runId).describe();
      if (isOpen(run)) return undefined;
      const status = endedStatusOf(run);
      const resetTo = status === 'terminated' ? run.raw.workflowExtendedInfo?.resetRunId : undefined;
      if (status && !resetTo) return { status, runId };
      // A reset terminates the run that it replaces.
      const next = resetTo ?? (await nextInChain(client, { jobId, runId }));
      if (!next) return undefined;
      runId = next;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError || isNotFound(error)) return { status: 'unknown', runId };
      throw error;
    }
  }
}

/** Returns the run as which a closed run continued. For an open run, the engine would keep the call waiting for its end. */
async function nextInChain(client: Client, { jobId, runId }: RunOfJob): Promise<string | null | undefined> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId: jobId, runId },
    historyEventFilterType: HistoryEventFilterType.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT,
  });
  return history?.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
}
