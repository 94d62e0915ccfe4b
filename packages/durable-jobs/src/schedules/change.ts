import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { ScheduleNotFoundError, type Client, type ScheduleDescription } from '@temporalio/client';
import { isNotFound } from '../engine/not-found.ts';

type UpdateRequest = Parameters<Client['workflowService']['updateSchedule']>[0];

/** What an update stores: the whole schedule, and its search attributes if they change. */
export type ScheduleChange = Pick<UpdateRequest, 'schedule' | 'searchAttributes'>;

const TRIES = 20;
/** The engine shows a new search attribute some milliseconds after its update, which is not sent again before. */
const RETRY_MS = 250;

/**
 * Updates a schedule until nothing is left to change. The engine accepts an update only for the version that was read, and drops it without
 * an error if another command was processed since: a pause, say, which an update of the version before would undo. `changeFor` returns
 * what to store in place of what was read; undefined if nothing is left. `first` is what was read just now, if it was. Returns the number of
 * updates that were sent.
 * @throws {ScheduleNotFoundError} if there is no such schedule.
 */
export async function changeSchedule(
  client: Client,
  describe: () => Promise<ScheduleDescription>,
  changeFor: (
    read: ScheduleDescription,
    sent: number,
  ) => ScheduleChange | undefined | Promise<ScheduleChange | undefined>,
  first?: ScheduleDescription,
): Promise<number> {
  const { namespace, identity } = client.options;
  const next = async (sent: number) => {
    const read = sent === 0 && first ? first : await describe();
    return { read, change: await changeFor(read, sent) };
  };
  for (let sent = 0; ; sent++) {
    let { read, change } = await next(sent);
    if (change !== undefined && sent > 0) {
      await delay(RETRY_MS);
      ({ read, change } = await next(sent));
    }
    if (change === undefined) return sent;
    const { scheduleId, raw } = read;
    if (sent === TRIES) throw new Error(`the schedule ${scheduleId} keeps changing`);
    try {
      await client.workflowService.updateSchedule({
        namespace,
        identity,
        scheduleId,
        conflictToken: raw.conflictToken ?? null,
        requestId: randomUUID(),
        ...change,
      });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      throw new ScheduleNotFoundError(`there is no schedule ${scheduleId}`, scheduleId);
    }
  }
}
