import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { Condition } from './visibility-query.ts';

/** A run as the engine's index of runs has it, with its times as exact as there. */
export interface Run {
  info: WorkflowExecutionInfo;
  startTime: string;
  closeTime: string | null;
}

/** A place in a list of runs by time, newest first: after those that were shown at that very instant. */
export interface RunPlace {
  at: string;
  shown: readonly string[];
}

/** The time by which a list of runs is in order. It never changes for a run that is in the list. */
export type RunOrder = 'startTime' | 'closeTime';

/**
 * Up to `limit` runs that match and are accepted, from a place on. The engine's order is fixed: open runs by their start, then closed ones by
 * their end, newest first; so a query asks for runs of one kind, and `order` names the time of that kind.
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

/** The place behind a run, in a list that stood at `before`. */
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
