/** Runs `work` for every item, `atOnce` of them at a time. The first failure is thrown once those beside it have ended. */
export async function inParallel<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  for (let from = 0; from < items.length; from += atOnce) {
    const results = await Promise.allSettled(items.slice(from, from + atOnce).map(work));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }
}
