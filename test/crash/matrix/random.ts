/** Random numbers that a seed determines. */
export interface Random {
  /** A whole number from `from` to `to`, both included. */
  int: (from: number, to: number) => number;
  /** One of these. */
  pick: <T>(choices: readonly T[]) => T;
}

/** Creates the numbers of a seed: mulberry32, whose period is more than a plan needs. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  return {
    int,
    pick: (choices) => {
      const choice = choices[int(0, choices.length - 1)];
      if (choice === undefined) throw new Error('there is nothing to choose from');
      return choice;
    },
  };
}
