import { onGuardStart } from './guard.ts';

/**
 * Calls back at the first reason to stop: bootstrap requests it, bootstrap has exited, or a signal arrives in a process without bootstrap.
 */
export function onStopRequest(stop: (reason: string) => void): void {
  let asked = false;
  const once = (reason: string): void => {
    if (asked) return;
    asked = true;
    stop(reason);
  };
  process.on('message', (message) => {
    if (isStop(message)) once(message.reason ?? 'asked to');
  });
  process.on('disconnect', () => once('the terminal was closed'));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => once(signal));
  // Bootstrap waits for the guard, so that nothing is left when bootstrap ends, even if this process is killed.
  onGuardStart((pid) => {
    if (process.connected) process.send?.({ type: 'guard', pid });
  });
  // The reader of the output may exit before this process.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

function isStop(message: unknown): message is { type: 'stop'; reason?: string } {
  return typeof message === 'object' && message !== null && (message as { type?: unknown }).type === 'stop';
}
