import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { printError } from '../process/command.ts';
import { isEngineUnavailable } from './client.ts';

/** Time limit of one attempt: a busy engine needs seconds for a change. */
const ATTEMPT_MS = 12_000;
const ATTEMPTS = 5;
const RETRY_MS = 1_000;

/**
 * Makes a call of a command to the engine, and repeats it while the engine does not respond, which it prints. The call must be safe to repeat.
 * @throws the engine's error of the last attempt, or one that says that it refused the call.
 */
export async function callForCommand<T>(
  client: Pick<Client, 'withDeadline'>,
  call: () => Promise<T>,
  { attempts = ATTEMPTS, retryMs = RETRY_MS } = {},
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await client.withDeadline(Date.now() + ATTEMPT_MS, call);
    } catch (error) {
      if (attempt >= attempts || !isEngineUnavailable(error)) throw error;
      printError(`Temporal does not respond; trying again (${attempt} of ${attempts - 1}) …`);
      await delay(retryMs);
    }
  }
}
