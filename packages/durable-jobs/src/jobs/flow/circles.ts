/** A held start, and another whose job it waits for, by the ids of their entries. */
export interface WaitsFor {
  from: number;
  to: number;
}

/**
 * Returns circles of held starts. A circle that has the newest start of another one may be left out: it is broken when that start is, or
 * found afterwards.
 */
export function circlesOf(waits: readonly WaitsFor[]): number[][] {
  const awaitedBy = new Map<number, number[]>();
  for (const { from, to } of waits) {
    const all = awaitedBy.get(from);
    if (all) all.push(to);
    else awaitedBy.set(from, [to]);
  }
  const circles: number[][] = [];
  const newest = new Set<number>();
  const visited = new Set<number>();
  for (const first of awaitedBy.keys()) {
    if (visited.has(first)) continue;
    // The way from the first start to the current one, without recursion: chains may be long.
    const way = [first];
    const further = [[...(awaitedBy.get(first) ?? [])]];
    const placeOf = new Map([[first, 0]]);
    visited.add(first);
    for (let at = way.at(-1); at !== undefined; at = way.at(-1)) {
      const next = further.at(-1)?.pop();
      if (next === undefined) {
        placeOf.delete(at);
        way.pop();
        further.pop();
        continue;
      }
      const place = placeOf.get(next);
      if (place !== undefined) {
        const circle = way.slice(place);
        if (circle.some((id) => newest.has(id))) continue;
        circles.push(circle);
        newest.add(newestOf(circle));
      } else if (!visited.has(next)) {
        visited.add(next);
        placeOf.set(next, way.length);
        way.push(next);
        further.push([...(awaitedBy.get(next) ?? [])]);
      }
    }
  }
  return circles;
}

/** The newest start of a circle, which closed it. */
export function newestOf(circle: readonly number[]): number {
  return circle.reduce((one, other) => Math.max(one, other));
}
