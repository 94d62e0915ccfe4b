import { setTimeout as delay } from 'node:timers/promises';
import type { Fault, FaultKind } from '../plan.ts';
import type { MatrixStack } from '../stack.ts';
import type { BeginFault } from './begin.ts';
import { defer } from './defer.ts';
import { fillDisk } from './fill-disk.ts';
import { freeze } from './freeze.ts';
import { freezeOwner } from './freeze-owner.ts';
import { kill } from './kill.ts';
import { cut, refuse, silence, slow } from './links.ts';
import { answer503, dropAfter, dropBefore } from './provider.ts';

const beginners: Record<FaultKind, BeginFault> = {
  kill,
  freeze,
  refuse,
  silence,
  cut,
  slow,
  'answer 503': answer503,
  'drop before': dropBefore,
  'drop after': dropAfter,
  defer,
  'freeze owner': freezeOwner,
  'fill disk': fillDisk,
};

/** A fault as it was felt: a busy machine may begin it later than planned, and take longer to end it. */
export interface FeltFault extends Pick<Fault, 'kind' | 'target'> {
  from: Date;
  /** When the part worked again. */
  to: Date;
}

/**
 * Runs the faults of a plan, each at its time, and resolves when all are over. Faults of one part follow each other. `felt` receives each fault
 * that has disturbed a part, when it has ended.
 * @throws the first error of a fault that could not begin or end, when all the others are over.
 */
export async function runFaults(
  stack: MatrixStack,
  faults: readonly Fault[],
  felt: (fault: FeltFault) => void,
): Promise<void> {
  const start = performance.now();
  const runs: Promise<void>[] = [];
  const last = new Map<string, Promise<unknown>>();
  for (const fault of faults) {
    const before = last.get(fault.target) ?? Promise.resolve();
    const run = async (): Promise<void> => {
      await delay(fault.atMs);
      // A busy machine may take long to start a part again.
      await before;
      const from = new Date();
      const end = await beginners[fault.kind](stack, fault);
      if (!end) return;
      await delay(Math.max(0, start + fault.atMs + fault.forMs - performance.now()));
      await end();
      felt({ kind: fault.kind, target: fault.target, from, to: new Date() });
    };
    const running = run();
    runs.push(running);
    // The next fault of the part waits for its end, however it ended, and may do so only later.
    last.set(
      fault.target,
      running.catch(() => undefined),
    );
  }
  const results = await Promise.allSettled(runs);
  for (const result of results) if (result.status === 'rejected') throw result.reason as Error;
}
