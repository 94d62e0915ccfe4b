/** The environment variable that gives Stryker's processes {@link Judges}, as JSON. Not set when unit tests judge the changes. */
export const JUDGES = 'MUTATION_JUDGES';

/** The integration tests that judge changes. */
export interface Judges {
  /** Paths from the project's root. */
  tests: readonly string[];
  /** What the tests inject, see `provided.ts`. */
  provide: Record<string, string>;
}
