/** The environment variables of a process; tests pass their own. */
export type Environment = Readonly<Record<string, string | undefined>>;
