import { userInfo } from 'node:os';

/** Who runs a command, for the audit trail: the account of the operating system, as there is no key. */
export function commandActor(command: string): { id: string; name: string } {
  return { id: `command:${command}`, name: accountName() };
}

function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number that has no name.
    return `user ${process.getuid?.() ?? 'unknown'}`;
  }
}
