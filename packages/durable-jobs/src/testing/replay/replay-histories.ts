import type { ClientEncryption } from '../../engine/client.ts';
import { replayEach, type ReplayedHistory } from '../../worker/replay/replay-each.ts';
import { bundleOf, type WorkflowSource } from '../workflow-source.ts';
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

/**
 * Replays histories on workflow code, without an engine: if one does not replay, running jobs would break with that code. The outcomes are
 * in the order of the histories.
 * @throws if the workflows can't be bundled, or a history can't be read.
 */
export async function replayHistories(options: ReplayOptions): Promise<ReplayedHistory[]> {
  const { workflows, encryption, namespace } = options;
  const workflowBundle = await bundleOf(workflows, encryption !== undefined);
  const replayed: ReplayedHistory[] = [];
  const histories = readHistories(options.histories);
  for await (const outcome of replayEach({ workflowBundle, encryption, namespace }, histories)) {
    replayed.push(outcome);
    options.onReplayed?.(outcome);
  }
  return replayed;
}
