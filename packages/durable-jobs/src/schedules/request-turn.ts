import { inTurn, ScheduleBusyError, type ScheduleTurn } from './turn.ts';
import { Problem } from '../http/problem.ts';
import type { Db } from '../database/connect.ts';

/** Dependencies of a request's turn at a schedule. */
export interface ScheduleTurnDeps {
  db: Db;
}

/** The same as {@link inTurn}, for a request: if its turn does not come, the response is 429. */
export async function inScheduleTurn<T>(
  { db }: ScheduleTurnDeps,
  scheduleId: string,
  act: (turn: ScheduleTurn) => Promise<T>,
): Promise<T> {
  try {
    return await inTurn(db, scheduleId, act);
  } catch (error) {
    if (!(error instanceof ScheduleBusyError)) throw error;
    throw new Problem('tooManyRequests', 'Other requests are changing the schedule at this moment.', {
      headers: { 'Retry-After': '1' },
    });
  }
}
