/** What `run` resolves with; rejects with what `timeUp` makes once `timeoutMs` have passed. */
export async function withinTime<T>(
  timeoutMs: number,
  run: () => T | Promise<T>,
  timeUp: () => Error,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(timeUp()), timeoutMs);
  });
  try {
    return await Promise.race([run(), late]);
  } finally {
    clearTimeout(timer);
  }
}
