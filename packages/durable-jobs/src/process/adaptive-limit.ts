/** The number of calls that may be in progress at once, which follows the capacity of their server. */
export interface AdaptiveLimit {
  /** A whole number, at least one. */
  readonly current: number;
  /** Notes that a call succeeded, and how long it took in milliseconds. */
  succeeded: (ms: number) => void;
  /** Notes that the server refused a call because it has too many, or did not respond in time. */
  overloaded: () => void;
}

/** Calls of a window, at least. The limit changes once per window. */
const WINDOW = 4;

/** Calls may take this many times as long as alone. */
const TOLERANCE = 1.5;

/** A difference below this is that of timers and pauses, in milliseconds. */
const NOISE_MS = 3;

/** The share of the limit that is left if calls take longer. */
const DECREASE = 0.7;

/** The share of the difference by which the time of a call alone follows slower calls, per window. */
const DRIFT = 0.003;

/**
 * Creates a limit that begins at 1 and ends at `most`. While calls take about as long as they do alone, it rises by one after each window of
 * calls; if they take longer, the server has as many as it can do at once, and it falls (after TCP Vegas, Brakmo and Peterson 1994). The
 * time of a call alone is the shortest median of a window. It follows slower calls only while they are made one at a time: otherwise it would
 * follow the queue that the calls form at the server.
 */
export function createAdaptiveLimit(most: number): AdaptiveLimit {
  let current = 1;
  /** The time of a call alone, in milliseconds. */
  let aloneMs = Infinity;
  let times: number[] = [];

  const decrease = (share: number): void => {
    current = Math.max(1, Math.floor(current * share));
    times = [];
  };

  return {
    get current() {
      return current;
    },
    succeeded(ms) {
      times.push(ms);
      if (times.length < Math.max(WINDOW, current)) return;
      const median = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
      times = [];
      if (median < aloneMs) aloneMs = median;
      else if (current === 1) aloneMs += (median - aloneMs) * DRIFT;
      if (median <= aloneMs * TOLERANCE + NOISE_MS) current = Math.min(most, current + 1);
      else decrease(DECREASE);
    },
    overloaded() {
      decrease(0.5);
    },
  };
}
