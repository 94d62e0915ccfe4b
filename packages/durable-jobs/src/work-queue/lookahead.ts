/** How many items a worker claims beyond its slots: as many as they take a moment for, so that none waits long while another worker is free. */
export interface Lookahead {
  /** The number of items. */
  size: () => number;
  /** Notes how long an attempt took, in milliseconds. */
  took: (ms: number) => void;
  /** Notes that claimed items waited too long: nothing is claimed ahead until attempts are short again. */
  waited: () => void;
}

/** Time for which claimed items may last, in milliseconds: one claim serves many items, and a worker that stops gives few back. */
const AHEAD_MS = 50;

/** Most items that are claimed ahead, per slot. The attempts of claimed items count if their worker is killed, so there are few. */
const MOST_PER_SLOT = 5;

/** The share of the latest attempt in the average. */
const WEIGHT = 0.1;

/**
 * Creates a lookahead, which is 0 until attempts were seen.
 * @param aheadMs the time for which claimed items may last, in milliseconds.
 */
export function createLookahead(slots: number, aheadMs = AHEAD_MS): Lookahead {
  let averageMs = Infinity;
  return {
    size: () => Math.floor(slots * Math.min(MOST_PER_SLOT, aheadMs / averageMs)),
    took(ms) {
      averageMs = averageMs === Infinity ? ms : averageMs + (ms - averageMs) * WEIGHT;
    },
    waited() {
      averageMs = Infinity;
    },
  };
}
