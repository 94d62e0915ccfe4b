/**
 * Runs `work` for every item, at most `atOnce` at a time. After a failure, waits for the work in progress and throws the first failure.
 * @returns the results, in the order of the items.
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
