import { settleStarts } from '../debounce/settle-starts.ts';
import type { StartDeps } from '../outbox/make-start.ts';
import type { LimitTurns } from './give-turns.ts';
import { nextSlotCheck, releaseSlots } from './release-slots.ts';
import type { KeptStarts } from './settle-kept.ts';

/** The result of a pass over limits. */
export interface LimitsPass {
  /** Number of starts that waited at a limit, or for their key to be quiet, and had their turn. */
  given: number;
  /** Whether there may be more to do immediately. */
  more: boolean;
  /** When a slot is to be checked, or is free, or a key is quiet. */
  nextAt: Date | undefined;
}

/**
 * Makes one pass over the limits of jobs: frees the slots of runs that have ended, settles what waits at limits that keep one start, and gives
 * free slots to starts that wait. Passes may run concurrently and be interrupted anywhere.
 * @throws the client's error if the engine does not respond; what was possible without it is done.
 */
export async function meetLimitsOnce(
  deps: StartDeps,
  turns: LimitTurns,
  kept: KeptStarts,
): Promise<LimitsPass> {
  const settled = await settleStarts(deps.db);
  const released = await releaseSlots(deps);
  const keeping = released.engineAway ? undefined : await kept.settle(deps);
  const given = await turns.give(deps, released.freed);
  const engineAway = released.engineAway ?? keeping?.engineAway;
  if (engineAway) throw engineAway;
  const more = settled.more || released.more || given.more || keeping?.more === true;
  const times = [
    settled.nextAt,
    given.nextAt,
    keeping?.nextAt,
    more ? undefined : await nextSlotCheck(deps.db),
  ].flatMap((at) => at ?? []);
  return {
    given: settled.settled + given.given,
    more,
    nextAt: times.length === 0 ? undefined : new Date(Math.min(...times.map(Number))),
  };
}
