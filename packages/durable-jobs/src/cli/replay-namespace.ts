import type { Client } from '@temporalio/client';
import { libraryQueues } from '../engine/declared-queues.ts';
import { print, printError, RefusedError } from '../process/command.ts';
import { quietRuntime } from '../testing/quiet-runtime.ts';
import { bundleOf, type WorkflowSource } from '../testing/workflow-source.ts';
import type { ReplayOn } from '../worker/replay/replay-each.ts';
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
  const { broken, stuck, unreadable } = verdict;
  printTable(tableOf(verdict));
  for (const job of [...broken, ...stuck]) print(`✗ ${describeFailure(job)}`);
  for (const job of unreadable) print(`? ${describeFailure(job)}`);
  if (stuck.length > 0)
    printError(
      `Stuck already, on the code of the workers that ran them last: ${stuck.length}. This code makes nothing worse.`,
    );
  if (unreadable.length > 0)
    printError(`Not replayed, because their payloads cannot be read here: ${unreadable.length}.`);
  if (broken.length > 0)
    throw new RefusedError(
      `${broken.length} of ${jobs.length} open jobs do not replay: put the change to the workflow behind patched().`,
    );
  print(`All open jobs of the sample that run replay: ${verdict.replayed.length}.`);
}

/** The counts of each type; types without open jobs are left out. */
function tableOf(verdict: Verdict): string[][] {
  const kinds = ['replayed', 'broken', 'stuck', 'unreadable'] as const;
  const types = new Set(kinds.flatMap((kind) => verdict[kind].map(({ type }) => type)));
  return [
    ['TYPE', 'REPLAYED', 'FAILED', 'STUCK', 'UNREADABLE'],
    ...[...types]
      .toSorted()
      .map((type) => [
        type,
        ...kinds.map((kind) => String(verdict[kind].filter((job) => job.type === type).length)),
      ]),
  ];
}
