import type { ProcessSpec } from './supervised-process.ts';
import type { Report } from './wait.ts';
import { errorMessage } from '../process/errors.ts';

/** Time after which a restart, which has no line of progress, says that it is not ready. */
const SAY_AFTER_MS = 10_000;

/**
 * Returns how to start a process and say what it is waited for meanwhile: its step shows this on its line of progress, and a restart prints
 * it once. A file that hangs while it is loaded prints nothing itself.
 */
export function sayingIfSlow(
  { isReady, beforeStart }: Pick<ProcessSpec, 'isReady' | 'beforeStart'>,
  { label, url, report, print }: { label: string; url: string; report: Report; print: Report },
): Pick<ProcessSpec, 'isReady'> & Required<Pick<ProcessSpec, 'beforeStart'>> {
  let startedAt = 0;
  let said = true;
  return {
    async beforeStart() {
      await beforeStart?.();
      startedAt = performance.now();
      said = false;
    },
    async isReady(signal) {
      try {
        return await isReady(signal);
      } catch (error) {
        const reason = isRefused(error)
          ? `still loading: it does not listen at ${url} yet`
          : `not ready: ${firstLine(errorMessage(error))}`;
        report(reason);
        if (!said && performance.now() - startedAt > SAY_AFTER_MS) {
          said = true;
          print(`  … ${label} is ${reason}`);
        }
        throw error;
      }
    },
  };
}

/** Whether nothing listens at the address of a request. */
function isRefused(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return (cause as { code?: unknown } | undefined)?.code === 'ECONNREFUSED';
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
