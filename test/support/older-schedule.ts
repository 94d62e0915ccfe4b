import type { Service } from './service.ts';

/** Converts a schedule to the form of releases before 0.2.0: its own note is only in the text of its state. */
export async function forgetOwnNote({ client }: Service, id: string): Promise<void> {
  await client.schedule.getHandle(id).update(({ action, ...rest }) => {
    const older = { ...action };
    delete older.staticDetails;
    return { ...rest, action: older };
  });
}
