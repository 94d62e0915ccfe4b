import type { Client } from '@temporalio/client';
import { libraryQueues } from '../engine/declared-queues.ts';
import { print, printError, RefusedError } from '../process/command.ts';
import { createPace } from '../process/pace.ts';
import { quietRuntime } from '../testing/quiet-runtime.ts';
import { bundleOf, type WorkflowSource } from '../testing/workflow-source.ts';
import type { ReplayOn } from '../worker/replay/replay-each.ts';
import { countOpenRuns, LISTS_PER_SECOND } from '../worker/replay/find-open-runs.ts';
import { replayOpenJobs, type ReplayedJob } from '../worker/replay/replay-open-jobs.ts';
import { describeFailure, verdictOn, type Verdict } from '../worker/replay/verdict.ts';
import { printTable } from './print-table.ts';

/** Which open jobs are replayed, on what code. */
export interface NamespaceReplay extends Omit<ReplayOn, 'workflowBundle'> {
  client: Client;
  workflows?: WorkflowSource;
  /** The known job types. */
  types: readonly string[];
  /** Maximum number of jobs of each type. */
  sample: number;
}

/**
 * Replays a sample of the open jobs of a namespace, and prints a table of their types.
 * @throws {RefusedError} if one does not replay that runs on the code of the workers there.
 */
export async function replayNamespace(options: NamespaceReplay): Promise<void> {
  const { workflows, encryption, sample, ...on } = options;
  quietRuntime({ errorsOnly: true });
  const workflowBundle = await bundleOf(workflows, encryption !== undefined);
  const jobs: ReplayedJob[] = [];
  const replay = { ...on, encryption, workflowBundle, taskQueue: libraryQueues.jobs };
  for await (const job of replayOpenJobs({ ...replay, perType: sample, most: Infinity })) jobs.push(job);
  const verdict = verdictOn(jobs);
  const { broken, stuck, unchecked } = verdict;
  const pace = createPace(LISTS_PER_SECOND);
  const countOpen = async (type?: string): Promise<number> => {
    await pace(new AbortController().signal);
    return countOpenRuns(replay, type);
  };
  printTable(await tableOf(verdict, countOpen));
  for (const job of [...broken, ...stuck]) print(`✗ ${describeFailure(job)}`);
  for (const job of unchecked) print(`? ${describeFailure(job)}`);
  print(`Replayed ${jobs.length - unchecked.length} of ${await countOpen()} open jobs.`);
  if (stuck.length > 0)
    printError(
      `Stuck already, on the code of the workers that ran them last: ${stuck.length}. This code makes nothing worse.`,
    );
  if (unchecked.length > 0)
    printError(`Not replayed, for reasons that say nothing about the code: ${unchecked.length}.`);
  if (broken.length > 0)
    throw new RefusedError(
      `${broken.length} of ${jobs.length} open jobs of the sample do not replay: put the change to the workflow behind patched(), or, if a newer release has run these jobs, deploy that one again.`,
    );
  print(`All open jobs of the sample that run replay: ${verdict.replayed.length}.`);
}

/** The counts of each type; types of which no job was replayed are left out. */
async function tableOf(verdict: Verdict, countOpen: (type: string) => Promise<number>): Promise<string[][]> {
  const kinds = ['replayed', 'broken', 'stuck', 'unchecked'] as const;
  const types = new Set(kinds.flatMap((kind) => verdict[kind].map(({ type }) => type)));
  const rows: string[][] = [];
  for (const type of [...types].toSorted()) {
    rows.push([
      type,
      String(await countOpen(type)),
      ...kinds.map((kind) => String(verdict[kind].filter((job) => job.type === type).length)),
    ]);
  }
  return [['TYPE', 'OPEN', 'REPLAYED', 'FAILED', 'STUCK', 'UNCHECKED'], ...rows];
}
