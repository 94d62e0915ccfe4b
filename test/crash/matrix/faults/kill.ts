import type { BeginFault } from './begin.ts';

/** `kill -9`: the process cannot run anything else. It is started again at the end. */
export const kill: BeginFault = async ({ processes }, { target }) => {
  const victim = processes[target];
  await victim.kill();
  return victim.start;
};
