import { heartbeat } from '@temporalio/activity';

/**
 * Runs `work` with a heartbeat every `everyMs`, so that the engine notices a dead process after the heartbeat time-out rather than after
 * the time-out of the whole attempt.
 */
export async function withHeartbeat<T>(everyMs: number, work: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => heartbeat(), everyMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
