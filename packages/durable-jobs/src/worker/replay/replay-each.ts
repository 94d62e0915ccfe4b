import { Worker, type WorkflowBundleOption } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { encryptedPayloads } from '../../encryption/reveal.ts';
import type { ClientEncryption } from '../../engine/client.ts';
import { errorMessage } from '../../process/errors.ts';
import { jobSinks } from '../job-sinks.ts';
import { typeOfHistory, type NamedHistory } from './named-history.ts';
import { watchDecoding } from './watch-decoding.ts';

/** How the replay of one history ended. */
export interface ReplayedHistory {
  name: string;
  workflowId: string;
  /** The workflow type. */
  type: string | undefined;
  /** Why it does not replay; null if it does. */
  failure: {
    /**
     * `nondeterministic`: the workflow would now do something else. `failed`: the code could not be replayed at all. `unreadable`: a payload
     * could not be decrypted, which says nothing about the code.
     */
    kind: 'nondeterministic' | 'failed' | 'unreadable';
    message: string;
  } | null;
}

/** The code that histories are replayed on, and how their payloads are read. */
export interface ReplayOn {
  workflowBundle: WorkflowBundleOption;
  /** Absent if payloads are not encrypted. */
  encryption?: Pick<ClientEncryption, 'dataConverter'> | undefined;
  /** The namespace that the histories are from: an encrypted payload is bound to its own. */
  namespace?: string | undefined;
}

/**
 * Replays histories one after the other, as they come, without an engine. Yields how each ended, in their order. It runs workflow code in
 * this thread.
 */
export async function* replayEach(
  { workflowBundle, encryption, namespace }: ReplayOn,
  histories: AsyncIterable<NamedHistory>,
): AsyncIterable<ReplayedHistory> {
  const underWay: NamedHistory[] = [];
  const decoding = encryption && watchDecoding(encryption.dataConverter);
  async function* readable(): AsyncIterable<NamedHistory> {
    for await (const history of histories) {
      underWay.push(history);
      decoding?.forget();
      yield history;
    }
  }
  const worker = {
    workflowBundle,
    sinks: jobSinks,
    ...(decoding && { dataConverter: decoding.dataConverter }),
    // The SDK takes it, though its type does not say so.
    ...(namespace !== undefined && { namespace }),
  };
  for await (const { error } of Worker.runReplayHistories(worker, readable())) {
    const history = underWay.shift();
    if (!history) break;
    const { name, workflowId } = history;
    yield {
      name,
      workflowId,
      type: typeOfHistory(history),
      failure: error ? failureOf(error, unreadableIn(history, decoding)) : null,
    };
  }
}

/** Why the payloads of a history that does not replay could not be read; undefined if they could. */
function unreadableIn(
  { history }: NamedHistory,
  decoding: ReturnType<typeof watchDecoding> | undefined,
): string | undefined {
  if (decoding) return decoding.failure === undefined ? undefined : errorMessage(decoding.failure);
  return encryptedPayloads(history).length > 0
    ? 'its payloads are encrypted, and there are no keys'
    : undefined;
}

function failureOf(error: Error, unreadable: string | undefined): ReplayedHistory['failure'] {
  if (unreadable !== undefined) return { kind: 'unreadable', message: unreadable };
  return {
    kind: error instanceof DeterminismViolationError ? 'nondeterministic' : 'failed',
    message: messageWithin(error.message),
  };
}

/** The message of the first failure in the SDK's description of an eviction, which repeats the structure of the failure around it. */
export function messageWithin(description: string): string {
  const [, message] = /Failure \{ message: "((?:[^"\\]|\\.)+)"/.exec(description) ?? [];
  return message === undefined ? description : message.replaceAll('\\"', '"').replace(/^\[TMPRL\d+\] /, '');
}
