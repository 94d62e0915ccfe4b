import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Db } from '../database/connect.ts';

/** The turn of a process that died ends after this time; commands to a schedule take less, see scheduleCallTimeoutMs. */
const TURN_SECONDS = 30;

/** How long a caller waits for its turn. */
const LONGEST_WAIT_MS = 10_000;

/** How often a waiting caller checks whether the turn is free. */
const LOOK_MS = 50;

/** Thrown if others have acted on the schedule for as long as a caller waits. */
export class ScheduleBusyError extends Error {
  override readonly name = 'ScheduleBusyError';
}

/** The exclusive right to act on a schedule. */
export interface ScheduleTurn {
  /** The nominal time of the run that was triggered last. */
  lastTriggeredAt: Date | null;
  /** Records the nominal time of a run before it is triggered, so that no other run gets the same. */
  noteTriggered: (at: Date) => Promise<void>;
}

/** Acts on a schedule in its turn, see {@link inTurn}. */
export type TakeTurn = <T>(scheduleId: string, act: () => Promise<T>) => Promise<T>;

/** For a command without a database: it acts immediately. */
export const withoutTurns: TakeTurn = (_scheduleId, act) => act();

/** Takes the turns that a database records. */
export function turnsIn(db: Db): TakeTurn {
  return (scheduleId, act) => inTurn(db, scheduleId, act);
}

/**
 * Acts on a schedule while no other process does. The engine keeps one command of each kind to a schedule until it processes it, and loses
 * further ones in the meantime. Therefore `act` must end with a read of the schedule, to which the engine responds after the command. No
 * transaction is open while `act` calls the engine.
 * @throws {ScheduleBusyError} if the turn does not come within ten seconds.
 */
export async function inTurn<T>(
  db: Db,
  scheduleId: string,
  act: (turn: ScheduleTurn) => Promise<T>,
): Promise<T> {
  const holder = randomUUID();
  const deadline = performance.now() + LONGEST_WAIT_MS;
  let taken = await take(db, scheduleId, holder);
  while (!taken) {
    if (performance.now() > deadline)
      throw new ScheduleBusyError(
        `other requests are changing the schedule ${scheduleId}: try again in a moment`,
      );
    await delay(LOOK_MS);
    taken = await take(db, scheduleId, holder);
  }
  const own = db
    .updateTable('scheduleTurns')
    .where('scheduleId', '=', scheduleId)
    .where('holder', '=', holder);
  try {
    return await act({
      lastTriggeredAt: taken.lastTriggeredAt,
      async noteTriggered(at) {
        await own.set({ lastTriggeredAt: at }).execute();
      },
    });
  } finally {
    await own.set({ holder: null }).execute();
  }
}

function take(
  db: Db,
  scheduleId: string,
  holder: string,
): Promise<Pick<ScheduleTurn, 'lastTriggeredAt'> | undefined> {
  const heldUntil = sql<Date>`now() + make_interval(secs => ${TURN_SECONDS})`;
  return db
    .insertInto('scheduleTurns')
    .values({ scheduleId, holder, heldUntil })
    .onConflict((conflict) =>
      conflict
        .column('scheduleId')
        .doUpdateSet({ holder, heldUntil })
        .where((eb) =>
          eb.or([
            eb('scheduleTurns.holder', 'is', null),
            eb('scheduleTurns.heldUntil', '<', sql<Date>`now()`),
          ]),
        ),
    )
    .returning('lastTriggeredAt')
    .executeTakeFirst();
}
