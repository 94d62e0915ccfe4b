import { setTimeout as delay } from 'node:timers/promises';
import { isAlive } from '../../../../packages/durable-jobs/src/dev/is-alive.mjs';
import type { BeginFault } from './begin.ts';

/** How long another worker may need to take a service over. Other faults may prevent it for longer. */
const TAKEN_OVER_MS = 60_000;
const LOOK_MS = 500;

/**
 * Freezes the worker that runs a service, until another worker runs it too: when the first one continues, both believe that the service is
 * theirs. Nothing happens if no worker runs the service at that moment.
 */
export const freezeOwner: BeginFault = async (stack, { target }) => {
  const owner = async (): Promise<string | null> => {
    const row = await stack.db
      .selectFrom('hostedServices')
      .select('worker')
      .where('id', '=', target)
      .executeTakeFirst();
    return row?.worker ?? null;
  };
  const first = await owner().catch(() => null);
  const pid = Number(first?.split('@')[0]);
  if (first === null || !isAlive(pid)) return undefined;
  process.kill(pid, 'SIGSTOP');
  const isTakenOver = async (): Promise<boolean> => (await owner()) !== first;
  return async () => {
    const deadline = performance.now() + TAKEN_OVER_MS;
    // The database may be away.
    while (performance.now() < deadline && !(await isTakenOver().catch(() => false))) await delay(LOOK_MS);
    // It may have been killed meanwhile.
    if (isAlive(pid)) process.kill(pid, 'SIGCONT');
  };
};
