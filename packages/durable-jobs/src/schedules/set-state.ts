import type { Client, ScheduleDescription, ScheduleHandle } from '@temporalio/client';
import { changeSchedule, type ScheduleChange } from './change.ts';

/** In bytes: the engine refuses a command to pause or resume with a longer text. A schedule itself may have a longer one. */
const LONGEST_COMMAND_TEXT = 1_000;

/** Whether a schedule runs, and the text that says why, in the form that the engine stores. */
export interface SetState {
  paused: boolean;
  text: string;
}

/**
 * Pauses or resumes a schedule with a text of any length. A text that is too long for a command is stored by an update of the schedule,
 * after which the engine does not catch up on runs that were due before.
 */
export async function setState(
  client: Client,
  handle: ScheduleHandle,
  describe: () => Promise<ScheduleDescription>,
  stateFor: (read: ScheduleDescription) => SetState,
): Promise<void> {
  const read = await describe();
  const { paused, text } = stateFor(read);
  if (Buffer.byteLength(text) > LONGEST_COMMAND_TEXT) await storeState(client, describe, stateFor, read);
  else if (paused) await handle.pause(text);
  else await handle.unpause(text);
}

async function storeState(
  client: Client,
  describe: () => Promise<ScheduleDescription>,
  stateFor: (read: ScheduleDescription) => SetState,
  first: ScheduleDescription,
): Promise<void> {
  const changeFor = (read: ScheduleDescription, sent: number): ScheduleChange | undefined => {
    const { paused, text: notes } = stateFor(read);
    if (sent > 0 && read.state.paused === paused && read.state.note === notes) return undefined;
    const { schedule } = read.raw;
    return { schedule: { ...schedule, state: { ...schedule?.state, paused, notes } } };
  };
  await changeSchedule(client, describe, changeFor, first);
}
