/**
 * Runs `work` for every item, `atOnce` of them at a time. The first failure is thrown once those beside it have ended.
 * @returns what `work` resolved with, in the order of the items.
 */
export async function inParallel<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const values: R[] = [];
  for (let from = 0; from < items.length; from += atOnce) {
    for (const result of await Promise.allSettled(items.slice(from, from + atOnce).map(work))) {
      if (result.status === 'rejected') throw result.reason;
      values.push(result.value);
    }
  }
  return values;
}
