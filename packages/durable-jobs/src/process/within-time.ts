import { withBounds, type PoolShare } from '../database/bounds.ts';

/**
 * Resolves with the result of `run`. After `timeoutMs`, rejects with the error that `timeUp` creates, and cancels the queries of `run`, see
 * {@link withBounds}.
 */
export async function withinTime<T>(
  timeoutMs: number,
  run: () => T | Promise<T>,
  timeUp: () => Error,
  share?: PoolShare,
): Promise<T> {
  const over = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const error = timeUp();
      reject(error);
      over.abort(error);
    }, timeoutMs);
  });
  try {
    return await Promise.race([withBounds(over.signal, run, share), late]);
  } finally {
    clearTimeout(timer);
  }
}
