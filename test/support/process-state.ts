/**
 * What the test files that run in one process share. Each of them loads the project's modules again, so a module's variable would be a
 * file's own.
 */
interface ProcessState {
  /** Ends the turn of the file that runs, see turn-runner.ts. */
  endTurn?: (() => void) | undefined;
  /** Whether the process ends with the runner. */
  endsWithRunner?: boolean;
}

const holder = globalThis as typeof globalThis & { testProcess?: ProcessState };

/** The state of this process. */
export const processState: ProcessState = (holder.testProcess ??= {});
