import { Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import type { ClientEncryption } from '../../engine/client.ts';
import { jobSinks } from '../../worker/job-sinks.ts';
import { bundleOf, type WorkflowSource } from '../workflow-source.ts';
import { typeOfHistory, type NamedHistory } from './named-history.ts';
import { readHistories, type HistorySource } from './read-histories.ts';

/** What is replayed, on what. */
export interface ReplayOptions {
  /** The workflows as they are now. Without it, the library's own, which run jobs that are one function. */
  workflows?: WorkflowSource;
  histories: HistorySource;
  /** Reads histories of an application that encrypts its payloads. */
  encryption?: Pick<ClientEncryption, 'dataConverter'> | undefined;
  /** The namespace that the histories are from: an encrypted payload is bound to its own. */
  namespace?: string | undefined;
  /** Called after each history, for commands that show how far they are. */
  onReplayed?: (replayed: ReplayedHistory) => void;
}

/** How the replay of one history ended. */
export interface ReplayedHistory {
  name: string;
  workflowId: string;
  /** The workflow type. */
  type: string | undefined;
  /** Why it does not replay; null if it does. */
  failure: {
    /** `nondeterministic`: the workflow would now do something else. `failed`: the code could not be replayed at all. */
    kind: 'nondeterministic' | 'failed';
    message: string;
  } | null;
}

/**
 * Replays histories on workflow code, without an engine: if one does not replay, running jobs would break with that code. The outcomes are
 * in the order of the histories.
 * @throws if the workflows can't be bundled, or a history can't be read.
 */
export async function replayHistories(options: ReplayOptions): Promise<ReplayedHistory[]> {
  const { encryption, namespace } = options;
  const replayed: ReplayedHistory[] = [];
  const underWay: NamedHistory[] = [];
  async function* histories(): AsyncIterable<NamedHistory> {
    for await (const history of readHistories(options.histories)) {
      underWay.push(history);
      yield history;
    }
  }
  const worker = {
    workflowBundle: await bundleOf(options.workflows, encryption !== undefined),
    sinks: jobSinks,
    ...(encryption && { dataConverter: encryption.dataConverter }),
    // The SDK takes it, though its type does not say so.
    ...(namespace !== undefined && { namespace }),
  };
  // They are replayed one after the other.
  for await (const { error } of Worker.runReplayHistories(worker, histories())) {
    const history = underWay.shift();
    if (!history) break;
    const { name, workflowId } = history;
    const outcome = {
      name,
      workflowId,
      type: typeOfHistory(history),
      failure: error ? failureOf(error) : null,
    };
    replayed.push(outcome);
    options.onReplayed?.(outcome);
  }
  return replayed;
}

function failureOf(error: Error): ReplayedHistory['failure'] {
  return {
    kind: error instanceof DeterminismViolationError ? 'nondeterministic' : 'failed',
    message: error.message,
  };
}
