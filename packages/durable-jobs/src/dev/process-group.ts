/** Signals a process and those that it has started; a group that is gone is fine. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  // Windows has no process groups.
  if (process.platform === 'win32') return;
  try {
    process.kill(-pid, signal);
  } catch {
    // None of the group is left.
  }
}
