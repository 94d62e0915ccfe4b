import { groupBy } from '../../values/group-by.ts';

/** A run that has not ended. */
export interface OpenRun {
  workflowId: string;
  runId: string;
  /** The workflow type. */
  type: string;
  startedAt: number;
  /**
   * The version that it is pinned to, as `<deployment>:<build id>`, by its workflow or by an operator; null if it moves between versions.
   * Undefined if it is not versioned, or has just begun.
   */
  pinnedTo?: string | null | undefined;
}

/** Returns at most `count` elements, the first and the last included, at even distances. */
export function spread<T>(all: readonly T[], count: number): readonly T[] {
  if (all.length <= count) return all;
  const step = count === 1 ? 0 : (all.length - 1) / (count - 1);
  return Array.from({ length: count }, (_, index) => all[Math.round(index * step)] as T);
}

/**
 * Chooses at most `perType` runs of each type, and fewer if that would be more than `most` together, but always one of each type. The runs
 * of a type are spread from the newest to the oldest, because old runs have passed the code of earlier releases. The newest of all types come
 * first, then the oldest, then those between: wherever it is cut off, each type is covered from both ends.
 */
export function chooseSample(runs: readonly OpenRun[], perType: number, most: number): OpenRun[] {
  const each = new Map(runs.map((run) => [run.runId, run])).values();
  const byType = groupBy([...each], ({ type }) => type);
  const count = Math.max(1, Math.min(perType, Math.floor(most / byType.size)));
  const samples = [...byType.values()].map((ofType) =>
    coarseToFine(
      spread(
        ofType.toSorted((a, b) => b.startedAt - a.startedAt),
        count,
      ),
    ),
  );
  const longest = Math.max(0, ...samples.map(({ length }) => length));
  return Array.from({ length: longest }, (_, turn) => samples.flatMap((sample) => sample[turn] ?? [])).flat();
}

/** The first element, the last, the middle, then the middles of what is between, and so on: each beginning is spread over the whole. */
function coarseToFine<T>(all: readonly T[]): T[] {
  const last = all.length - 1;
  const order = last > 0 ? [0, last] : all.map((_, index) => index);
  const gaps: [number, number][] = [[0, last]];
  // It grows while it is read.
  for (const [from, to] of gaps) {
    if (to - from < 2) continue;
    const middle = Math.floor((from + to) / 2);
    order.push(middle);
    gaps.push([from, middle], [middle, to]);
  }
  return order.map((index) => all[index] as T);
}
