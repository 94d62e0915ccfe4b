import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { refusalOf } from './refusal.ts';
import { isDatabaseUnavailable } from '../database/unavailable.ts';
import { isEngineUnavailable } from '../engine/client.ts';
import { errorMessage } from '../process/errors.ts';
import { abortable, type Report } from './wait.ts';

/** Options of {@link withPatience}. */
export interface Patience {
  /** The server or step that is waited for, for the report and the error. */
  what: string;
  /** The variable that names the server, for the error. */
  variable?: string;
  /** Where the server listens, which shows whether another program does. */
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
/** A proxy of containers accepts connections before the server behind it has started. */
const OTHER_MS = 15_000;

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
  /** Since when another program seems to listen. */
  let otherSince: number | undefined;
  for (;;) {
    try {
      return await (signal ? abortable(work(), signal) : work());
    } catch (error) {
      signal?.throwIfAborted();
      const refusal = refusalOf(error);
      if (refusal !== undefined)
        throw new Error(
          `${what} ${variable === undefined ? 'failed' : 'cannot be used'}: ${refusal}.${correct}`,
          {
            cause: error,
          },
        );
      if (!isEngineUnavailable(error) && !isDatabaseUnavailable(error)) throw error;
      const reason = reasonOf(error);
      if (address && isOtherProtocol(error) && (await accepts(address))) otherSince ??= performance.now();
      else otherSince = undefined;
      if (otherSince !== undefined && performance.now() - otherSince > OTHER_MS)
        throw new Error(
          `${what} cannot be used: a program listens there, but closes each connection (${reason}). ` +
            `The port may be that of another program, or one side expects TLS.${correct}`,
          { cause: error },
        );
      if (performance.now() - begin > patienceMs)
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
  const messages: string[] = [];
  for (let current = error; current instanceof Error; current = current.cause)
    messages.push(errorMessage(current));
  return [...new Set(messages)].join(': ');
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
