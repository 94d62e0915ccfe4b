import { userInfo } from 'node:os';
import { pino } from 'pino';
import { connectDatabase } from '../database/connect.ts';
import type { DatabaseServer } from '../database/server.ts';
import { beginAuditEntry, endAuditEntry } from './audit-entries.ts';

/** The user of a command for the audit trail: the operating system's account, because commands have no key. */
export function commandActor(command: string): { id: string; name: string } {
  return { id: `command:${command}`, name: accountName() };
}

/**
 * Performs a command's action and returns its result, and writes its audit entry before and its outcome afterwards. If the database fails,
 * the action is refused before, or reported as failed afterwards; with `unrecorded`, it is performed nevertheless, and `unrecorded` is called.
 */
export async function auditCommand<Result>(
  database: DatabaseServer,
  { command, action, params }: { command: string; action: string; params: Record<string, string> },
  run: () => Promise<Result>,
  { unrecorded }: { unrecorded?: (error: unknown) => void } = {},
): Promise<Result> {
  const db = connectDatabase(database, {
    poolSize: 1,
    logger: pino({ level: 'silent' }),
    applicationName: `durable-jobs-${command}`,
  });
  try {
    const name = `${command} ${action}`;
    const permit = (error: unknown): undefined => {
      if (!unrecorded) throw error;
      unrecorded(error);
    };
    const entry = await beginAuditEntry(db, {
      actor: commandActor(command),
      target: name,
      action: name,
      params,
    }).catch(permit);
    if (entry === undefined) return await run();
    let result: Result;
    try {
      result = await run();
    } catch (error) {
      await endAuditEntry(db, entry, { outcome: 'failed' }).catch(() => undefined);
      throw error;
    }
    await endAuditEntry(db, entry, { outcome: 'done' }).catch(permit);
    return result;
  } finally {
    await db.destroy();
  }
}

function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a user id without a name.
    return `user ${process.getuid?.() ?? 'unknown'}`;
  }
}
