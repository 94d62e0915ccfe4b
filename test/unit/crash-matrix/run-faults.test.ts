import { expect, it } from 'vitest';
import { runFaults, type FeltFault } from '../../crash/matrix/faults/run-faults.ts';
import type { MatrixStack } from '../../crash/matrix/stack.ts';

it('runs the later faults of a part of which one could not begin, and reports that when all are over', async () => {
  const signals: string[] = [];
  const engine = { isAlive: () => false, signal: (name: string) => void signals.push(name) };
  const stack = { processes: { engine } } as unknown as MatrixStack;
  const felt: FeltFault[] = [];
  const running = runFaults(
    stack,
    [
      { kind: 'kill', target: 'engine', atMs: 0, forMs: 1 },
      { kind: 'freeze', target: 'engine', atMs: 20, forMs: 1 },
    ],
    (fault) => felt.push(fault),
  );
  await expect(running).rejects.toThrow('the engine had ended before it was killed');
  expect(signals).toEqual(['SIGSTOP', 'SIGCONT']);
  expect(felt).toMatchObject([{ kind: 'freeze', target: 'engine' }]);
});
