import { groupBy } from '../../values/group-by.ts';

/** A run that has not ended. */
export interface OpenRun {
  workflowId: string;
  runId: string;
  /** The workflow type. */
  type: string;
  startedAt: number;
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
 * first, then the oldest, and so on: if the time is over before all are replayed, each type was covered.
 */
export function chooseSample(runs: readonly OpenRun[], perType: number, most: number): OpenRun[] {
  const each = new Map(runs.map((run) => [run.runId, run])).values();
  const byType = groupBy([...each], ({ type }) => type);
  const count = Math.max(1, Math.min(perType, Math.floor(most / byType.size)));
  const samples = [...byType.values()].map((ofType) =>
    fromBothEnds(
      spread(
        ofType.toSorted((a, b) => b.startedAt - a.startedAt),
        count,
      ),
    ),
  );
  return Array.from({ length: count }, (_, turn) => samples.flatMap((sample) => sample[turn] ?? [])).flat();
}

/** The first element, the last, the second, the last but one, and so on. */
function fromBothEnds<T>(all: readonly T[]): T[] {
  return all.flatMap((_, turn) => {
    const index = turn % 2 === 0 ? turn / 2 : all.length - (turn + 1) / 2;
    return all.slice(index, index + 1);
  });
}
