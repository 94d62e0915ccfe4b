import { actWithOtherTool } from './other-tool.ts';
import type { Service } from './service.ts';

/** Converts a schedule to the form of releases before 0.2.0: its own note is only in the text of its state. */
export async function forgetOwnNote(service: Service, id: string): Promise<void> {
  await actWithOtherTool(service, id, (schedule) =>
    schedule.update(({ action, ...rest }) => {
      const older = { ...action };
      delete older.staticDetails;
      return { ...rest, action: older };
    }),
  );
}
