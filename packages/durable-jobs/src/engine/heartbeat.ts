import { heartbeat } from '@temporalio/activity';

/**
 * Runs `work` with a heartbeat every `everyMs`, so that the engine notices within the heartbeat time-out when this
 * process dies, rather than after the time-out of the whole attempt.
 */
export async function withHeartbeat<T>(everyMs: number, work: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => heartbeat(), everyMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
