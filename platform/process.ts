/**
 * Calls `stop` once, at the first reason to end: a signal, or the loss of the channel to a parent that supervises this
 * process.
 */
export function onStop(stop: (reason: string) => void): void {
  let stopping = false;
  const once = (reason: string): void => {
    if (stopping) return;
    stopping = true;
    stop(reason);
  };
  process.on('SIGTERM', () => once('SIGTERM'));
  process.on('SIGINT', () => once('SIGINT'));
  if (process.connected) {
    process.on('disconnect', () => once('the supervisor is gone'));
    // A channel with no listener would be closed, and one with a listener must not keep the process alive.
    process.channel?.unref();
  }
}
