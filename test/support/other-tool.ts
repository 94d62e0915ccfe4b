import type { ScheduleHandle } from '@temporalio/client';
import type { Service } from './service.ts';

/**
 * Acts on a schedule as the engine's other tools do, and returns when the engine has processed it. Of commands that reach a schedule in one of
 * the engine's steps only the last is processed, and an update is processed after it:
 * https://github.com/temporalio/temporal/blob/v1.29.1/service/worker/scheduler/workflow.go (`processSignals`).
 */
export async function actWithOtherTool(
  { client }: Service,
  id: string,
  act: (schedule: ScheduleHandle) => Promise<void>,
): Promise<void> {
  const schedule = client.schedule.getHandle(id);
  await act(schedule);
  await schedule.describe();
}

/** Pauses a schedule, with a text that replaces its note. */
export const pauseWithOtherTool = (service: Service, id: string, text: string): Promise<void> =>
  actWithOtherTool(service, id, (schedule) => schedule.pause(text));

/** Resumes a schedule, with a text that replaces its note. */
export const resumeWithOtherTool = (service: Service, id: string, text: string): Promise<void> =>
  actWithOtherTool(service, id, (schedule) => schedule.unpause(text));
