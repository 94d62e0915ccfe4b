import type { ProcessName } from '../stack.ts';
import { processOf } from './process-of.ts';
import type { BeginFault } from './begin.ts';

/** `kill -9`: the process cannot run anything else. It is started again at the end. @throws if it had already ended by itself. */
export const kill: BeginFault = async (stack, { target }) => {
  const victim = processOf(stack, target as ProcessName);
  if (!victim.isAlive()) throw new Error(`the ${target} had ended before it was killed`);
  await victim.kill();
  return victim.start;
};
