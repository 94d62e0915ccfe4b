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

/** Runs the faults of a plan, each at its time, and resolves when all are over. Faults of one part follow each other. */
export async function runFaults(stack: MatrixStack, faults: readonly Fault[]): Promise<void> {
  const start = performance.now();
  const last = new Map<string, Promise<void>>();
  for (const fault of faults) {
    const before = last.get(fault.target) ?? Promise.resolve();
    const run = async (): Promise<void> => {
      await delay(fault.atMs);
      // A busy machine may take long to start a part again.
      await before;
      const end = await beginners[fault.kind](stack, fault);
      await delay(Math.max(0, start + fault.atMs + fault.forMs - performance.now()));
      await end();
    };
    last.set(fault.target, run());
  }
  const results = await Promise.allSettled(last.values());
  for (const result of results) if (result.status === 'rejected') throw result.reason as Error;
}
