import { existsSync } from 'node:fs';
import type { Client } from '@temporalio/client';
import { recordHistory as writeHistory } from '../../packages/durable-jobs/src/testing/replay/record-history.ts';
import { branches, branchRecordedBy } from '../replay/branches.ts';
import type { Service } from './service.ts';

/** The folder of the histories of released workflows. */
export const historiesFolder = new URL('../replay/histories/', import.meta.url);

/**
 * Saves the history of a job that a test has run (of its newest run, or of `runId`) as `<workflow>.<case>.<release>.json`, if
 * RECORD_HISTORIES names the release that is being prepared; otherwise does nothing.
 */
export async function recordHistory(
  { client }: Pick<Service, 'client'>,
  jobId: string,
  name: string,
  runId?: string,
): Promise<void> {
  const release = process.env.RECORD_HISTORIES;
  if (!release) return;
  const { type } = await client.workflow.getHandle(jobId, runId).describe();
  await save(jobId, { client, file: new URL(`${type}.${name}.${release}.json`, historiesFolder), runId });
}

/** The first run of a workflow that a test has started. */
export interface StartedRun {
  workflowId: string;
  runId: string;
}

/** Adds what a client starts to `started`, if RECORD_HISTORIES names a release. Starts by an update are not added. */
export function noteStarts({ workflow }: Client, started: StartedRun[]): void {
  if (!process.env.RECORD_HISTORIES) return;
  type Start = (...args: unknown[]) => Promise<{
    workflowId: string;
    firstExecutionRunId: string;
    result: () => Promise<unknown>;
  }>;
  const original = workflow.start.bind(workflow) as unknown as Start;
  const start: Start = async (...args) => {
    const handle = await original(...args);
    started.push({ workflowId: handle.workflowId, runId: handle.firstExecutionRunId });
    return handle;
  };
  type SignalWithStart = (...args: unknown[]) => Promise<{ workflowId: string; signaledRunId: string }>;
  const originalWithSignal = workflow.signalWithStart.bind(workflow) as unknown as SignalWithStart;
  Object.assign(workflow, {
    start,
    signalWithStart: async (...args: unknown[]) => {
      const handle = await originalWithSignal(...args);
      started.push({ workflowId: handle.workflowId, runId: handle.signaledRunId });
      return handle;
    },
    execute: async (...args: unknown[]) => (await start(...args)).result(),
  });
}

/**
 * Saves the history of the newest run that a workflow test has started, of each workflow for which the list of branches names the test, if
 * RECORD_HISTORIES names the release that is being prepared.
 */
export async function recordBranches(
  client: Client,
  runs: readonly StartedRun[],
  test: string,
): Promise<void> {
  const release = process.env.RECORD_HISTORIES;
  if (!release) return;
  for (const { workflowId, runId } of runs.toReversed()) {
    const { type } = await client.workflow.getHandle(workflowId, runId).describe();
    // A job that is one function has a type of its own.
    const workflow = type in branches ? type : 'runJob';
    const branch = branchRecordedBy(workflow, test);
    if (branch === undefined) continue;
    const file = new URL(`${workflow}.${branch}.${release}.json`, historiesFolder);
    await save(workflowId, { client, file, runId });
  }
}

/** Writes a history, unless that file exists: recorded histories are not changed. */
async function save(
  jobId: string,
  options: { client: Client; file: URL; runId: string | undefined },
): Promise<void> {
  if (!existsSync(options.file)) await writeHistory(jobId, options);
}
