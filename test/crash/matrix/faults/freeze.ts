import type { ProcessName } from '../stack.ts';
import type { BeginFault } from './begin.ts';
import { processOf } from './process-of.ts';

/** The process and those that it has started stop running without ending, as on a machine that is suspended. */
export const freeze: BeginFault = (stack, { target }) => {
  const victim = processOf(stack, target as ProcessName);
  victim.signal('SIGSTOP');
  return Promise.resolve(() => {
    victim.signal('SIGCONT');
    return Promise.resolve();
  });
};
