/**
 * How many items a worker claims beyond its slots: as many as they take a moment for, so that none waits long while another worker is free.
 * Kinds whose attempts take long are claimed for free slots only.
 */
export interface Lookahead {
  /** The number of items. */
  size: () => number;
  /** Whether items of a kind may be among them. */
  includes: (kind: string) => boolean;
  /** Notes how long an attempt of a kind took, in milliseconds. */
  took: (kind: string, ms: number) => void;
  /** Notes that claimed items waited too long: nothing is claimed ahead until attempts are short again. */
  waited: () => void;
}

/** Time for which claimed items may last, in milliseconds: one claim serves many items, and a worker that stops gives few back. */
const AHEAD_MS = 50;

/** Most items that are claimed ahead, per slot. The attempts of claimed items count if their worker is killed, so there are few. */
const MOST_PER_SLOT = 5;

/** The share of the latest attempt in the averages. */
const WEIGHT = 0.1;

/** The attempts of a kind. */
interface Attempts {
  averageMs: number;
  /** Their share of the attempts of all kinds, relative to that of the other kinds. */
  share: number;
}

/**
 * Creates a lookahead, which is 0 until attempts were seen.
 * @param aheadMs the time for which claimed items may last, in milliseconds.
 */
export function createLookahead(slots: number, aheadMs = AHEAD_MS): Lookahead {
  const kinds = new Map<string, Attempts>();
  /** Whether the slots take at most the given time for one item. */
  const isShort = ({ averageMs }: Attempts): boolean => averageMs <= slots * aheadMs;
  return {
    size() {
      const short = [...kinds.values()].filter(isShort);
      if (short.length === 0) return 0;
      const shares = short.reduce((sum, { share }) => sum + share, 0);
      const averageMs = short.reduce((sum, { averageMs: ms, share }) => sum + ms * share, 0) / shares;
      return Math.floor(slots * Math.min(MOST_PER_SLOT, aheadMs / averageMs));
    },
    includes(kind) {
      const attempts = kinds.get(kind);
      return attempts !== undefined && isShort(attempts);
    },
    took(kind, ms) {
      for (const attempts of kinds.values()) attempts.share *= 1 - WEIGHT;
      const attempts = kinds.get(kind);
      if (attempts) {
        attempts.averageMs += (ms - attempts.averageMs) * WEIGHT;
        attempts.share += WEIGHT;
      } else kinds.set(kind, { averageMs: ms, share: WEIGHT });
    },
    waited() {
      kinds.clear();
    },
  };
}
