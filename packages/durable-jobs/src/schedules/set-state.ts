import { randomUUID } from 'node:crypto';
import type { Client, ScheduleDescription } from '@temporalio/client';

/** In bytes: the engine refuses a command to pause or resume whose text is longer. A schedule itself may have a longer one. */
const LONGEST_COMMAND_TEXT = 1_000;

/** Whether the engine takes a text with a command to pause or resume. */
export function fitsCommand(text: string): boolean {
  return Buffer.byteLength(text) <= LONGEST_COMMAND_TEXT;
}

/**
 * Pauses or resumes a schedule with a text of any length, by writing the schedule again with another state. A command is better if its text
 * fits: after a change of the schedule, the engine makes up for no run that was due before it.
 */
export async function setState(
  client: Client,
  { scheduleId, raw }: ScheduleDescription,
  state: { paused: boolean; notes: string },
): Promise<void> {
  const { namespace, identity } = client.options;
  await client.workflowService.updateSchedule({
    namespace,
    identity,
    scheduleId,
    requestId: randomUUID(),
    schedule: { ...raw.schedule, state: { ...raw.schedule?.state, ...state } },
  });
}
