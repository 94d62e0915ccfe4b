import type { ApiDocumentCheck } from './api-document.ts';

/**
 * What the test files that run in one process share. Each of them loads the project's modules again, so a module's variable would be a
 * file's own.
 */
interface ProcessState {
  /** Ends the turn of the file that runs, see turn-runner.ts. */
  endTurn?: (() => void) | undefined;
  /** Whether the process ends with the runner. */
  endsWithRunner?: boolean;
  /** Checks requests against the application's document; it has compiled the schemas that it has met. */
  documentCheck?: Pick<ApiDocumentCheck, 'check'>;
}

const holder = globalThis as typeof globalThis & { testProcess?: ProcessState };

/** The state of this process. */
export const processState: ProcessState = (holder.testProcess ??= {});
