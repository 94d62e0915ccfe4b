import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { Condition } from './visibility-query.ts';

/** A run from the engine's index, with times at the index's precision. */
export interface Run {
  info: WorkflowExecutionInfo;
  startTime: string;
  closeTime: string | null;
}

/** A position in a list of runs by time, newest first: after the runs that were shown for that instant. */
export interface RunPlace {
  at: string;
  shown: readonly string[];
}

/** The time that orders a list of runs. It never changes for a listed run. */
export type RunOrder = 'startTime' | 'closeTime';

/**
 * Returns up to `limit` runs that match and are accepted, from a position on. The engine's order is fixed: open runs by start, then closed
 * runs by end, newest first; so a query from a position on selects runs of one kind, and `order` names the time of that kind.
 */
export async function readRuns(
  client: Client,
  query: Condition,
  page: {
    order: RunOrder;
    after: RunPlace | undefined;
    limit: number;
    accept: (run: WorkflowExecutionInfo) => boolean;
  },
): Promise<Run[]> {
  const { order, after, limit, accept } = page;
  const attribute = order === 'startTime' ? 'StartTime' : 'CloseTime';
  const conditions = after ? Condition.all([query, Condition.compare(attribute, '<=', after.at)]) : query;
  const runs: Run[] = [];
  const shown = after?.shown ?? [];
  const pageSize = limit + shown.length;
  for await (const info of client.workflow.list({ query: conditions.toString(), pageSize })) {
    const run = toRun(info);
    const wasShown = run[order] === after?.at && shown.includes(info.runId);
    if (wasShown || !accept(info)) continue;
    runs.push(run);
    if (runs.length >= limit) break;
  }
  return runs;
}

/** Returns the position after a run, in a list that was at `before`. */
export function placeAfter(run: Run, order: RunOrder, before: RunPlace | undefined): RunPlace | undefined {
  const at = run[order];
  if (at === null) return before;
  return { at, shown: before?.at === at ? [...before.shown, run.info.runId] : [run.info.runId] };
}

function toRun(info: WorkflowExecutionInfo): Run {
  return {
    info,
    startTime: instant(info.raw.startTime) ?? info.startTime.toISOString(),
    closeTime: instant(info.raw.closeTime) ?? null,
  };
}

/** A protobuf timestamp with all its digits: a JavaScript date would lose those below the millisecond, and runs with them. */
function instant(
  timestamp: { seconds?: unknown; nanos?: number | null } | null | undefined,
): string | undefined {
  if (!timestamp) return undefined;
  const second = new Date(Number(timestamp.seconds ?? 0) * 1000).toISOString().slice(0, 19);
  return `${second}.${String(timestamp.nanos ?? 0).padStart(9, '0')}Z`;
}
