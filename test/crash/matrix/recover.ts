import { setTimeout as delay } from 'node:timers/promises';
import { errorMessage } from '../../../packages/durable-jobs/src/process/errors.ts';
import { collectEvidence, type Round } from './collect-evidence.ts';
import { checkInvariants } from './invariants/check.ts';
import { checkHistories } from './invariants/histories.ts';
import { isPermanent } from './is-permanent.ts';
import { readHistories } from './read-histories.ts';
import { retryWaiting } from './retry-waiting.ts';
import type { MatrixStack } from './stack.ts';

/** Between two looks. Each reads every job, which costs the machine time. */
const LOOK_MS = 2_000;

/** Between two reports of what a long recovery waits for. */
const REPORT_MS = 60_000;

/** How to wait for a recovery. */
export interface RecoverOptions {
  patienceMs: number;
  /** Called each minute with what is still missing. */
  waiting?: (violations: readonly string[]) => void;
}

/** The outcome of a recovery: how the round breaks the promises when it has ended, or when its time is up. */
export interface Recovery {
  violations: string[];
  /** When nothing was missing any more, or the time was up, by `performance.now()`. */
  recoveredAt: number;
}

/**
 * Waits until nothing that a round accepted violates an invariant any more: work that is late looks like work that is lost. Jobs that wait
 * for their next attempt get it at once. Histories, which do not change any more
 * then, are read at the end. Evidence that can never be collected ends the recovery at once.
 */
export async function recover(
  stack: MatrixStack,
  round: Round,
  { patienceMs, waiting = () => undefined }: RecoverOptions,
): Promise<Recovery> {
  const start = performance.now();
  let reportAt = start + REPORT_MS;
  for (;;) {
    const { violations, isFinal, at } = await look(stack, round).catch((error: unknown) => ({
      violations: [`the evidence cannot be collected: ${errorMessage(error)}`],
      isFinal: isPermanent(error),
      at: performance.now(),
    }));
    if (isFinal || at - start > patienceMs) return { violations, recoveredAt: at };
    if (at > reportAt) {
      waiting(violations);
      reportAt += REPORT_MS;
    }
    await delay(LOOK_MS);
  }
}

/** Looks once. What is missing may come; what the histories show, once nothing is missing, is final. */
async function look(
  stack: MatrixStack,
  round: Round,
): Promise<{ violations: string[]; isFinal: boolean; at: number }> {
  await retryWaiting(stack);
  const violations = checkInvariants(await collectEvidence(stack, round));
  const at = performance.now();
  if (violations.length > 0) return { violations, isFinal: false, at };
  return { violations: checkHistories(await readHistories(stack, round.since)), isFinal: true, at };
}
