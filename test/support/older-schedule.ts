import type { Service } from './service.ts';

/** Turns a schedule into one as releases before 0.2.0 made it: its own note is in the text of its state alone. */
export async function forgetOwnNote({ client }: Service, id: string): Promise<void> {
  await client.schedule.getHandle(id).update(({ action, ...rest }) => {
    const older = { ...action };
    delete older.staticDetails;
    return { ...rest, action: older };
  });
}
