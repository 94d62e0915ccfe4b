import { Worker, type ReplayWorkerOptions, type WorkflowBundleOption } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { encryptedPayloads } from '../../encryption/reveal.ts';
import type { ClientEncryption } from '../../engine/client.ts';
import { errorMessage } from '../../process/errors.ts';
import { jobSinks } from '../job-sinks.ts';
import { typeOfHistory, type NamedHistory } from './named-history.ts';
import { watchDecoding } from './watch-decoding.ts';

/** The beginning of the SDK's message about code that did not return in time. */
const INTERRUPTED = 'Script execution timed out';

/** How the replay of one history ended. */
export interface ReplayedHistory {
  name: string;
  workflowId: string;
  /** The workflow type. */
  type: string | undefined;
  /** Why it does not replay; null if it does. */
  failure: {
    /**
     * `nondeterministic`: the workflow would now do something else. `failed`: the code could not be replayed at all. The others say nothing
     * about the code: `unreadable`, a payload could not be decrypted; `internal`, the replay itself failed.
     */
    kind: 'nondeterministic' | 'failed' | 'unreadable' | 'internal';
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
 * By default, the SDK interrupts code that has not returned after 5 s of wall-clock time, which a busy machine can exceed. A history that was
 * interrupted gets this time for another replay.
 */
const PATIENT_MS = 20_000;

/**
 * Replays histories one after the other, as they come, without an engine. Yields how each ended, in their order. Workflow code runs in a
 * thread of its own, in which it is interrupted if it does not return; a history that was interrupted is replayed once more, alone and with
 * more time, before it counts as one that does not replay.
 * @throws what `histories` throws.
 */
export async function* replayEach(
  on: ReplayOn,
  histories: AsyncIterable<NamedHistory>,
): AsyncIterable<ReplayedHistory> {
  const source = histories[Symbol.asyncIterator]();
  try {
    // Code that ends the thread ends the replay of the SDK, too: the next histories need another.
    while (!(yield* replayUntilFailure(on, source)));
  } finally {
    await source.return?.();
  }
}

/** Replays what `source` yields, until it ends or the replay of the SDK fails. Returns whether it has ended. */
async function* replayUntilFailure(
  { workflowBundle, encryption, namespace }: ReplayOn,
  source: AsyncIterator<NamedHistory>,
): AsyncGenerator<ReplayedHistory, boolean> {
  const decoding = encryption && watchDecoding(encryption.dataConverter);
  let underWay: NamedHistory | undefined;
  async function* readable(): AsyncIterable<NamedHistory> {
    for (let next = await source.next(); !next.done; next = await source.next()) {
      underWay = next.value;
      decoding?.forget();
      yield next.value;
    }
  }
  const worker = {
    workflowBundle,
    sinks: jobSinks,
    // By default, the SDK runs the code in the main thread, where an endless loop would stop the process.
    debugMode: false,
    ...(decoding && { dataConverter: decoding.dataConverter }),
    // The SDK takes it, though its type does not say so.
    ...(namespace !== undefined && { namespace }),
  };
  const ended = (history: NamedHistory, failure: ReplayedHistory['failure']): ReplayedHistory => {
    underWay = undefined;
    const { name, workflowId } = history;
    return { name, workflowId, type: typeOfHistory(history), failure };
  };
  try {
    for await (const { error: first } of Worker.runReplayHistories(worker, readable())) {
      if (!underWay) continue;
      // The SDK reads no other history meanwhile.
      const error = first && isInterruption(first) ? await replayPatiently(worker, underWay) : first;
      yield ended(underWay, error ? failureOf(error, unreadableIn(underWay, decoding)) : null);
    }
    return true;
  } catch (error) {
    // Without a history under way, it is the source that has failed.
    if (!underWay) throw error;
    yield ended(underWay, {
      // The SDK keeps the class of this error to itself: the code has ended its thread, for example because it takes all memory.
      kind: error instanceof Error && error.name === 'UnexpectedError' ? 'failed' : 'internal',
      message: errorMessage(error),
    });
    return false;
  }
}

/** Replays one history with more time. Returns why it does not replay. */
async function replayPatiently(
  worker: ReplayWorkerOptions,
  history: NamedHistory,
): Promise<Error | undefined> {
  // The SDK takes it, though its type does not say so.
  const patient = { ...worker, isolateExecutionTimeout: PATIENT_MS };
  for await (const { error } of Worker.runReplayHistories(patient, [history])) return error;
  return undefined;
}

/** Whether the SDK has interrupted the code, rather than the code having failed. */
function isInterruption({ message }: Error): boolean {
  return message.includes(INTERRUPTED);
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

/** What a replay that failed means. */
export function failureOf(error: Error, unreadable: string | undefined): ReplayedHistory['failure'] {
  if (unreadable !== undefined) return { kind: 'unreadable', message: unreadable };
  const message = messageWithin(error.message);
  if (error instanceof DeterminismViolationError) return { kind: 'nondeterministic', message };
  // The SDK describes the reason of an eviction in the message alone.
  return { kind: error.message.includes('internal SDK issue') ? 'internal' : 'failed', message };
}

/** The message of the first failure in the SDK's description of an eviction, which repeats the structure of the failure around it. */
export function messageWithin(description: string): string {
  const [, message] = /Failure \{ message: "((?:[^"\\]|\\.)+)"/.exec(description) ?? [];
  if (message === undefined) return description;
  if (message.startsWith(INTERRUPTED))
    return `the workflow code does not return (${message}): it may loop endlessly`;
  return message.replaceAll('\\"', '"').replace(/^\[TMPRL\d+\] /, '');
}
