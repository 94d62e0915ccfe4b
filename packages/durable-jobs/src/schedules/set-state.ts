import { randomUUID } from 'node:crypto';
import type { Client, ScheduleDescription } from '@temporalio/client';

/** In bytes: the engine refuses a command to pause or resume with a longer text. A schedule itself may have a longer one. */
const LONGEST_COMMAND_TEXT = 1_000;

/** Whether the engine accepts a text with a command to pause or resume. */
export function fitsCommand(text: string): boolean {
  return Buffer.byteLength(text) <= LONGEST_COMMAND_TEXT;
}

/**
 * Pauses or resumes a schedule with a text of any length, by updating the schedule with another state. A command is preferable if its text
 * fits: after an update of a schedule, the engine does not catch up on runs that were due before.
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
