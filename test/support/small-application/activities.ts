/** What the workflows of the small application call. */
export const activities = {
  /** Repeating it is safe: it only counts. */
  lettersOf: (word: string): Promise<number> => Promise.resolve(word.length),
};
