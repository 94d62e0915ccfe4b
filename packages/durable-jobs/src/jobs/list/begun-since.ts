import type { Client } from '@temporalio/client';
import { INDEXED_OPEN, isOpen } from '../../engine/run-status.ts';
import { Condition } from '../../engine/visibility-query.ts';

/** Tolerated difference between our clock and the engine's. */
const CLOCK_SKEW_MS = 2_000;

/** Runs examined per request; more than any page can contain, unless one job ran hundreds of times within a moment. */
const MOST_RUNS = 1_000;

/** Returns the ids of jobs whose start is represented by a run: one that is open, or one that began since the start was committed. */
export async function begunSince(
  client: Client,
  starts: readonly { jobId: string; createdAt: Date }[],
): Promise<Set<string>> {
  if (starts.length === 0) return new Set();
  const named = Condition.isOneOf('WorkflowId', [...new Set(starts.map(({ jobId }) => jobId))]);
  const earliest = Math.min(...starts.map(({ createdAt }) => createdAt.getTime())) - CLOCK_SKEW_MS;
  const begun = new Map<string, number>();
  const represents = Condition.any([
    Condition.isOneOf('ExecutionStatus', [INDEXED_OPEN]),
    Condition.compare('StartTime', '>=', new Date(earliest)),
  ]);
  const query = Condition.all([named, represents]).toString();
  let looked = 0;
  for await (const run of client.workflow.list({ query, pageSize: MOST_RUNS })) {
    const began = isOpen(run) ? Number.POSITIVE_INFINITY : run.startTime.getTime();
    begun.set(run.workflowId, Math.max(began, begun.get(run.workflowId) ?? 0));
    if (++looked >= MOST_RUNS) break;
  }
  return new Set(
    starts
      .filter(({ jobId, createdAt }) => (begun.get(jobId) ?? 0) >= createdAt.getTime() - CLOCK_SKEW_MS)
      .map(({ jobId }) => jobId),
  );
}
