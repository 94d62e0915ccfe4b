import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { refusalOf } from './refusal.ts';
import { mayBeDatabaseOutage } from '../database/unavailable.ts';
import { isEngineUnavailable } from '../engine/client.ts';
import { causesOf, errorMessage } from '../process/errors.ts';
import { abortable, type Report } from './wait.ts';

/** Options of {@link withPatience}. */
export interface Patience {
  /** The server or step that is waited for, for the report and the error. */
  what: string;
  /** The variable that names the server, for the error. */
  variable?: string;
  /** Where the server listens, which shows whether its name exists and whether another program listens. */
  address?: URL;
  report: Report;
  signal?: AbortSignal;
  /** Time after which no further attempt is made, in milliseconds. */
  patienceMs?: number;
  /** Wait between attempts, in milliseconds. */
  retryMs?: number;
}

/** A busy machine needs minutes for what takes milliseconds otherwise. */
const PATIENCE_MS = 120_000;
const RETRY_MS = 1_000;
/** A new Temporal server responds before it has created its namespaces. */
const NAMESPACE_MS = 15_000;
/** gRPC's status of a namespace that does not exist. */
const NOT_FOUND = 5;

/**
 * Repeats work while the engine or the database is unavailable or too slow, and reports the reason meanwhile.
 * @throws the error of an attempt that would not help to repeat; or, when the patience is over, an error with the last reason.
 */
export async function withPatience<T>(
  work: () => Promise<T>,
  { what, variable, address, report, signal, patienceMs = PATIENCE_MS, retryMs = RETRY_MS }: Patience,
): Promise<T> {
  const begin = performance.now();
  const correct = variable === undefined ? '' : ` Correct ${variable}.`;
  const stoppable = <V>(promise: Promise<V>): Promise<V> => (signal ? abortable(promise, signal) : promise);
  for (;;) {
    try {
      return await stoppable(work());
    } catch (error) {
      signal?.throwIfAborted();
      const elapsedMs = performance.now() - begin;
      // The errors of a step are its own: they say more than what a server's error would mean.
      const refusal = variable === undefined ? undefined : await stoppable(refusalOf(error, address));
      const mayAppear =
        refusal !== undefined && isNotFound(error) && elapsedMs <= Math.min(NAMESPACE_MS, patienceMs);
      if (refusal !== undefined && !mayAppear)
        throw new Error(`${what} cannot be used: ${refusal}.${correct}`, { cause: error });
      if (!mayAppear && !isEngineUnavailable(error) && !mayBeDatabaseOutage(error)) throw error;
      let reason = reasonOf(error);
      // A proxy of containers does the same until the server behind it has started.
      if (address && isOtherProtocol(error) && (await stoppable(accepts(address))))
        reason +=
          ' (a program listens there, but closes each connection: it may still be starting, the port may be that of another program, ' +
          'or one side expects TLS)';
      if (elapsedMs > patienceMs)
        throw new Error(`${what} was not available within ${patienceMs / 1_000} s: ${reason}`, {
          cause: error,
        });
      report(`waiting: ${reason}`);
      await delay(retryMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
    }
  }
}

/** The messages of an error and its causes: the SDK's own says only what it tried. */
function reasonOf(error: unknown): string {
  return [...new Set([...causesOf(error)].map(errorMessage))].join(': ');
}

/** Whether an error, or one of its causes, means that a namespace does not exist. */
function isNotFound(error: unknown): boolean {
  return [...causesOf(error)].some((cause) => (cause as { code?: unknown }).code === NOT_FOUND);
}

/** Whether a server closed the connection at its first message, as one with another protocol does. */
function isOtherProtocol(error: unknown): boolean {
  const reason = reasonOf(error);
  if (reason.includes('connection timeout')) return false;
  return /Connection terminated unexpectedly|No connection established\. Last error: null/.test(reason);
}

/** Whether a program accepts connections at an address. */
function accepts({ hostname, port }: URL): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: hostname.replaceAll(/[[\]]/g, ''), port: Number(port), timeout: 2_000 });
    const end = (accepted: boolean) => (): void => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', end(true)).once('error', end(false)).once('timeout', end(false));
  });
}
