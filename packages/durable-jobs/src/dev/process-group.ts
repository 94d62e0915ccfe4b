/** Signals a process and its descendants. A group that no longer exists is ignored. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  // Windows has no process groups.
  if (process.platform === 'win32') return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group no longer exists.
  }
}
